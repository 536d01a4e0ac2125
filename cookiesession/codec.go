package cookiesession

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/cookiesession/go/cookiesession/internal/envelope"
	"github.com/cookiesession/go/keys"
)

// A Codec makes sessions of cookie values and cookie values of sessions. It
// is safe for concurrent use; a program has one for each cookie.
type Codec struct {
	keys keys.Ringer
	opts Options
	// What a Ringer may have beyond its ring, as a keys.Watcher has; nil if not.
	missing func(context.Context, ...keys.ID) bool
	seen    func(keys.ID)
	// What subkeys are derived with: one for each protection.
	signedInfo, encryptedInfo string
}

// NewCodec returns a Codec that seals with the ring's signer. It returns all
// mistakes of opts together, and refuses a ring that has no key to sign with
// now.
//
// With a [keys.Watcher] the codec follows a ring that changes: a cookie that
// bears an unknown key makes the Watcher look for it, and the request waits for
// that, at most 2 seconds. See [keys.Watcher.Missing].
func NewCodec(ring keys.Ringer, opts Options) (*Codec, error) {
	opts, err := opts.complete()
	if ring == nil {
		err = errors.Join(err, errors.New("cookiesession: no key ring; keys.FileOrNew makes one for development"))
	} else if r := ring.Ring(); r == nil {
		err = errors.Join(err, errors.New("cookiesession: the key ring is nil; load it first, or stop on the error that loading gave"))
	} else if _, noSigner := r.Signer(now(opts)); noSigner != nil {
		err = errors.Join(err, fmt.Errorf("cookiesession: the key ring cannot seal: %w", noSigner))
	}
	if err != nil {
		return nil, err
	}
	c := &Codec{
		keys:          ring,
		opts:          opts,
		signedInfo:    info(envelope.Signed, opts),
		encryptedInfo: info(envelope.Encrypted, opts),
	}
	if r, ok := ring.(interface {
		Missing(context.Context, ...keys.ID) bool
	}); ok {
		c.missing = r.Missing
	}
	if r, ok := ring.(interface{ Seen(keys.ID) }); ok {
		c.seen = r.Seen
	}
	return c, nil
}

func now(o Options) time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}

// info is the HKDF info of a subkey (SPEC.md, "Keys"): all that must be equal
// for a cookie to open, unambiguously.
func info(p envelope.Protection, o Options) string {
	b := append([]byte("cookiesession"), envelope.Version, byte(p))
	b = binary.BigEndian.AppendUint16(b, uint16(len(o.Realm)))
	b = append(b, o.Realm...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(o.Name)))
	return string(append(b, o.Name...))
}

// sealer is the protection under one key. It is kept with the key, so that it
// goes when the key goes, and made when it is first needed.
func (c *Codec) sealer(k keys.Key, p envelope.Protection) envelope.Sealer {
	if p == envelope.Encrypted {
		return keys.Derived(k, c.encryptedInfo, newEncrypter)
	}
	return keys.Derived(k, c.signedInfo, newSigner)
}

func newSigner(subkey [32]byte) envelope.Sealer {
	return envelope.NewSealer(envelope.Signed, subkey)
}

func newEncrypter(subkey [32]byte) envelope.Sealer {
	return envelope.NewSealer(envelope.Encrypted, subkey)
}

// Name is the name of the cookie.
func (c *Codec) Name() string { return c.opts.Name }

// New returns an empty session, for a client that sent none.
func (c *Codec) New(context.Context) *Session {
	return newSession(c, source{})
}

// Open returns the session that the client sent. candidates are the values of
// all its cookies of this name: a client can hold several, and a sibling
// domain may have planted one. They are read at the first look at the
// session, so a session that nobody looks at costs nothing; ctx and candidates
// must stay valid until then.
//
// If one bears a key that a [keys.Watcher] does not have, it is asked to look for
// it, once for all of them.
//
// Open itself cannot fail. Where nothing opens, the session is new and empty,
// and [Session.Rejected] says why.
func (c *Codec) Open(ctx context.Context, candidates iter.Seq[string]) *Session {
	return newSession(c, source{ctx, candidates})
}

// Decode opens one value at once. Its error wraps [ErrInvalid]. It is for
// tools and tests; handlers get their session from the middleware.
func (c *Codec) Decode(ctx context.Context, value string) (*Session, error) {
	s := c.Open(ctx, func(yield func(string) bool) { yield(value) })
	s.Len()
	if rejected := s.Rejected(); len(rejected) > 0 {
		return nil, rejected[0]
	}
	return s, nil
}

// Encode returns the session's cookie value as it would be now, touched, and
// leaves the session as it is. An empty session has none: "". It fails where
// Seal would.
func (c *Codec) Encode(s *Session) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.entries()
	if err := s.setErr(); err != nil {
		return "", err
	}
	if len(t.all()) == 0 {
		return "", nil
	}
	made, err := c.seal(s, t, s.stamp())
	return made.value, err
}

// opened is what a client's candidates came to.
type opened struct {
	body       envelope.Body // but for its entries
	table      table
	protection envelope.Protection
	keyID      keys.ID
	size       int // bytes of the whole cookie, its text undone
	ok         bool
	rejected   []error
	unknown    []keys.ID // what the ring does not have
}

// maxCandidates bounds the work that one request can cause.
const maxCandidates = 16

// pick opens the candidates, after another look for the keys that are missing.
func (c *Codec) pick(ctx context.Context, candidates iter.Seq[string], now time.Time) opened {
	g := gatherings.Get().(*gathering)
	values := g.gather(candidates)
	o := c.try(values, c.keys.Ring(), now)
	if len(o.unknown) > 0 && c.missing != nil && c.missing(ctx, o.unknown...) {
		o = c.try(values, c.keys.Ring(), now)
	}
	g.free() // not where something panicked
	if o.ok && c.seen != nil {
		c.seen(o.keyID)
	}
	return o
}

// try opens the candidates with a ring. Two copies of one session come from a
// cookie whose attributes were changed: the one touched last is meant. Two
// different sessions mean that one may be planted: neither is taken.
func (c *Codec) try(candidates []string, ring *keys.Ring, now time.Time) opened {
	var best opened
	var rejected []error
	var unknown []keys.ID
	ambiguous := false
	for i, value := range candidates {
		if i == maxCandidates {
			ambiguous = true // what was not tried could be another session
			rejected = append(rejected, errTooMany)
			break
		}
		o := &best
		var another opened
		if best.ok {
			o = &another
		}
		if err := c.open(o, value, ring, now); err != nil {
			if r, ok := err.(*refusal); ok && r.kind == ErrUnreadable {
				unknown = append(unknown, r.id)
			}
			rejected = append(rejected, err)
			continue
		}
		switch {
		case o == &best:
		case best.body.ID != o.body.ID:
			if !ambiguous {
				rejected = append(rejected, errTwoSessions)
			}
			ambiguous = true
		case o.body.Touched > best.body.Touched:
			best = *o
		}
	}
	if ambiguous {
		best = opened{}
	}
	best.rejected, best.unknown = rejected, unknown
	return best
}

var (
	errTooMany     = fmt.Errorf("%w: more than %d cookies of this name", ErrAmbiguous, maxCandidates)
	errTwoSessions = fmt.Errorf("%w: two cookies of this name open and are different sessions", ErrAmbiguous)
	errTooLong     = fmt.Errorf("%w: longer than %d characters", ErrMalformed, largestCookie)
	errText        = fmt.Errorf("%w: not canonical base64url without padding", ErrMalformed)
	errShort       = fmt.Errorf("%w: cut off", ErrMalformed)
	errVersion     = fmt.Errorf("%w: a version or protection that this release does not know", ErrUnreadable)
	errFlags       = fmt.Errorf("%w: a flag that this release does not know", ErrUnreadable)
	errBody        = fmt.Errorf("%w: its authenticated body breaks the format", ErrMalformed)
	errFuture      = fmt.Errorf("%w: it comes from more than %v in the future; compare the instances' clocks", ErrUnreadable, keys.Skew)
	errNotBefore   = fmt.Errorf("%w: created before the key ring's not-before instant", ErrRevoked)
	errOver        = fmt.Errorf("%w: past its lifetime", ErrExpired)
)

// open reads one value into o, in the one safe order: length, text, header, key,
// authentication, and only then what it says. It works in scratch: o
// shares no memory with it, and is left alone on an error.
func (c *Codec) open(o *opened, value string, ring *keys.Ring, now time.Time) error {
	work := scratches.Get().(*scratch)
	defer work.free()
	raw, head, err := parseHeader(work.raw, value)
	if err != nil {
		return err
	}
	work.raw = raw
	id := keys.ID(head.KeyID)
	key, err := ring.Lookup(id)
	switch err {
	case nil:
	case keys.ErrRevoked:
		return &refusal{ErrRevoked, "its key %v is revoked", id}
	default:
		return &refusal{ErrUnreadable, "its key %v is not in the ring", id}
	}
	authentic, err := c.sealer(key, head.Protection).Open(raw)
	if err != nil {
		return &refusal{ErrForged, "its tag does not match under key %v; altered, or of another cookie name or realm", id}
	}

	body, err := envelope.ParseBody(authentic)
	if errors.Is(err, envelope.ErrUnknown) {
		return errFlags
	} else if err != nil {
		return errBody
	}
	if err := c.alive(body, ring, now); err != nil {
		return err
	}
	table, err := parsePairs(work, body.Entries, body.Compression)
	if err != nil {
		return fmt.Errorf("%w: %w", errBody, err)
	}
	body.Entries = nil
	*o = opened{body: body, table: table, protection: head.Protection, keyID: id, size: len(raw), ok: true}
	return nil
}

// alive applies the lifetimes and the ring's not-before.
func (c *Codec) alive(b envelope.Body, ring *keys.Ring, now time.Time) error {
	if time.Unix(int64(b.Touched), 0).Sub(now) > keys.Skew {
		return errFuture
	}
	if start := ring.NotBefore(); !now.Before(start) && time.Unix(int64(b.Created), 0).Before(start) {
		return errNotBefore
	}
	if end, ok := c.end(expiryOf(b), int64(b.Created), int64(b.Touched)); ok && !now.Before(end) {
		return errOver
	}
	return nil
}
