package cookiesession

import (
	"fmt"
	"log/slog"
	"math"
	"slices"
	"time"

	"github.com/cookiesession/go/cookiesession/internal/deflate"
	"github.com/cookiesession/go/cookiesession/internal/envelope"
	"github.com/cookiesession/go/keys"
)

// Action is what is to be done with the client's cookie.
type Action uint8

const (
	// KeepCookie leaves it as it is.
	KeepCookie Action = iota
	// SetCookie writes it.
	SetCookie
	// DeleteCookie removes it.
	DeleteCookie
)

// Sealed is what a session comes to at the end of a request.
type Sealed struct {
	// Action is what is to be done.
	Action Action
	// Value of the cookie, for SetCookie: base64url, so it needs no quoting.
	Value string
	// MaxAge of the cookie, for SetCookie: whole seconds, rounded up. 0 leaves
	// it to the browser to drop the cookie when it closes.
	MaxAge time.Duration
	// Fallback is what to do if the cookie of a SetCookie is not sent, or if
	// Seal failed: DeleteCookie if the session was flushed since the client's
	// cookie was opened, so that signing out never fails, and KeepCookie else.
	Fallback Action
	// Warning is the session's size, once it has reached Options.WarnSize.
	Warning *Size
}

// String shows what is to be done, without the cookie.
func (z Sealed) String() string {
	switch z.Action {
	case SetCookie:
		return fmt.Sprintf("cookiesession.Sealed(set %d characters for %v)", len(z.Value), z.MaxAge)
	case DeleteCookie:
		return "cookiesession.Sealed(delete)"
	}
	return "cookiesession.Sealed(keep)"
}

// Format prints String for every verb.
func (z Sealed) Format(f fmt.State, _ rune) { fmt.Fprint(f, z.String()) }

// LogValue logs String.
func (z Sealed) LogValue() slog.Value { return slog.StringValue(z.String()) }

// Seal decides what is to be done with the client's cookie. It is written if
// the session was changed, or if it was looked at and is past half of its
// idle time; deleted if the session was flushed, emptied, or set to end; kept
// otherwise. After Seal the session counts as saved; a later change asks for
// another Seal.
//
// The error is a [*TooLargeError], a value that [Session.Set] refused, or a
// key ring without a signer. Then there is no cookie to write: the client keeps
// the one that it has, unless Sealed.Fallback says otherwise.
func (c *Codec) Seal(s *Session) (Sealed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.accessed {
		return Sealed{}, nil
	}
	t := s.entries()
	fallback := KeepCookie
	if s.flushed && s.replaces {
		fallback = DeleteCookie
	}
	if s.modified {
		if err := s.setErr(); err != nil {
			return Sealed{Fallback: fallback}, err
		}
		if len(t.all()) == 0 {
			return s.leave(), nil
		}
	} else if !c.due(s) {
		return Sealed{}, nil
	}

	b := s.stamp()
	var maxAge time.Duration
	if end, ok := c.end(s.expiry, int64(b.Created), int64(b.Touched)); ok {
		left := end.Sub(s.now)
		if left < time.Second {
			return s.leave(), nil
		}
		if maxAge = left.Truncate(time.Second); maxAge < left && maxAge < math.MaxInt64-time.Second {
			maxAge += time.Second
		}
	}
	if b.Expiry == envelope.ExpiryBrowser {
		maxAge = 0
	}
	made, err := c.seal(s, t, b)
	if err != nil {
		return Sealed{Fallback: fallback}, err
	}
	s.touched, s.keyID, s.protection = int64(b.Touched), made.keyID, made.protection
	s.modified, s.flushed, s.sealed, s.replaces, s.size = false, false, true, true, 0
	return Sealed{Action: SetCookie, Value: made.value, MaxAge: maxAge, Fallback: fallback, Warning: made.warning}, nil
}

// leave deletes the client's cookie, if there is one that may be deleted.
func (s *Session) leave() Sealed {
	action := KeepCookie
	if s.replaces {
		action = DeleteCookie
	}
	s.modified, s.flushed, s.sealed, s.replaces = false, false, false, false
	return Sealed{Action: action}
}

// due reports whether a session that was only looked at is past half of its
// idle time. One write in that time suffices to keep it alive.
func (c *Codec) due(s *Session) bool {
	idle := c.idle(s.expiry)
	return s.sealed && idle > 0 && s.now.Sub(time.Unix(s.touched, 0)) > idle/2
}

// stamp is the body, but for its entries, that would be sealed now.
func (s *Session) stamp() envelope.Body {
	clamp := func(secs int64) uint32 { return uint32(min(max(secs, 0), math.MaxUint32)) }
	b := envelope.Body{ID: s.id, Created: clamp(s.created)}
	b.Touched = clamp(max(s.now.Unix(), s.created, s.touched))
	s.expiry.apply(&b)
	return b
}

// protect is the protection to write a session with: what the options say,
// but readable only if it was readable before.
func (c *Codec) protect(s *Session) envelope.Protection {
	if c.opts.Protection == Encrypted || s.protection == envelope.Encrypted && !c.opts.InsecureAllowDowngrade {
		return envelope.Encrypted
	}
	return envelope.Signed
}

// layout assembles header and body into work.raw, without sealing them, and returns how
// many bytes they will have when they are. What would not fit is compressed as far as it goes.
func (c *Codec) layout(work *scratch, s *Session, t *table, b envelope.Body, head envelope.Header) (int, error) {
	overhead := envelope.TagSize
	if head.Protection == envelope.Encrypted {
		overhead += envelope.NonceSize
	}
	want := c.opts.compression(head.Protection)
	for _, effort := range []deflate.Effort{deflate.Fast, deflate.Best} {
		work.raw = b.AppendHead(head.Append(work.raw[:0]))
		how, err := t.assemble(work, s.packedAs, want, effort)
		if err != nil {
			return 0, unwritable(err)
		}
		envelope.SetCompression(work.raw, how)
		if want == envelope.Stored || c.cookieSize(len(work.raw)+overhead) <= c.opts.MaxSize {
			break
		}
	}
	return len(work.raw) + overhead, nil
}

// made is a cookie value, and what it was made with.
type made struct {
	value      string
	keyID      keys.ID
	protection envelope.Protection
	warning    *Size
}

// seal makes the cookie value of a session that is not empty, with the key
// that signs now. It leaves the session as it is.
func (c *Codec) seal(s *Session, t *table, b envelope.Body) (made, error) {
	if over, err := t.overflows(); err != nil {
		return made{}, unwritable(err)
	} else if over {
		return made{}, &TooLargeError{Size: plainSize(t), Unpacked: true}
	}
	key, err := c.keys.Ring().Signer(s.now)
	if err != nil {
		return made{}, fmt.Errorf("cookiesession: no key to seal with: %w", err)
	}
	head := envelope.Header{Protection: c.protect(s), KeyID: key.ID()}
	work := scratches.Get().(*scratch)
	defer work.free()
	total, err := c.layout(work, s, t, b, head)
	if err != nil {
		return made{}, err
	}
	m := made{keyID: key.ID(), protection: head.Protection}
	if size := c.cookieSize(total); size > c.opts.MaxSize {
		return made{}, &TooLargeError{Size: c.weigh(t, total)}
	} else if size >= c.opts.WarnSize {
		z := c.weigh(t, total)
		m.warning = &z
	}
	work.raw = c.sealer(key, head.Protection).Seal(work.raw)
	work.more = envelope.AppendEncode(work.more[:0], work.raw)
	m.value = string(work.more)
	return m, nil
}

func unwritable(err error) error {
	return fmt.Errorf("cookiesession: the session cannot be written again: %w", err)
}

// cookieSize is the size of a cookie of so many raw bytes, as browsers count it.
func (c *Codec) cookieSize(raw int) int { return len(c.opts.Name) + envelope.EncodedLen(raw) }

// weigh tells what each key costs of a cookie of raw bytes. Three bytes become
// four characters, so the shares are rounded along the way and still sum to
// the total.
func (c *Codec) weigh(t *table, raw int) Size {
	z := Size{Total: c.cookieSize(raw), Limit: c.opts.MaxSize, Values: make([]ValueSize, 0, len(t.all()))}
	bytes, chars := 0, 0
	for _, e := range t.all() {
		bytes += e.weight
		upTo := bytes * 4 / 3
		z.Values = append(z.Values, ValueSize{e.key, upTo - chars})
		chars = upTo
	}
	z.Overhead = z.Total - chars
	largestFirst(z.Values)
	return z
}

// plainSize is the size before packing and compression.
func plainSize(t *table) Size {
	z := Size{Limit: maxPlain}
	for _, e := range t.all() {
		n := len(e.key) + max(len(e.plain), len(e.stored))
		z.Values = append(z.Values, ValueSize{e.key, n})
		z.Total += n
	}
	largestFirst(z.Values)
	return z
}

func largestFirst(values []ValueSize) {
	slices.SortStableFunc(values, func(a, b ValueSize) int { return b.Bytes - a.Bytes })
}

// Size is what the session's cookie would weigh if it were written now, key by
// key. An unchanged session weighs what its cookie does, and that is known: no need
// to be sparing with calls. For a changed one it takes as long as a Seal.
//
// In a block that is compressed as a whole, a key's bytes are its share
// by packed length. An empty session has no cookie: its total is 0.
func (s *Session) Size() Size {
	t := s.look()
	defer s.done()
	c := s.codec
	if len(t.all()) == 0 {
		return Size{Limit: c.opts.MaxSize}
	}
	if s.size > 0 && t.asOpened(s.packedAs, s.size) {
		return c.weigh(t, s.size)
	}
	head := envelope.Header{Protection: c.protect(s)}
	work := scratches.Get().(*scratch)
	defer work.free()
	total, err := c.layout(work, s, t, s.stamp(), head)
	if err != nil {
		return plainSize(t)
	}
	return c.weigh(t, total)
}
