package cookiesession

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/cookiesession/go/cookiesession/internal/envelope"
	"github.com/cookiesession/go/keys"
)

// A Session is a dictionary that lives in the client's cookie. It comes from
// a [Codec], mostly through the middleware and [FromContext].
//
// It is opened at the first look: every method but Accessed, Modified, Err,
// Rejected, Late and String looks. Its methods are safe for the goroutines of
// one request; it must not be used after the request.
//
// It prints as its keys and their sizes, never as its values.
type Session struct {
	mu    sync.Mutex
	codec *Codec
	now   time.Time // one instant a request

	// Behind an atomic pointer no dump shows values, nor what the client sent.
	contents atomic.Pointer[table]
	isOpen   bool

	id         [envelope.IDSize]byte // zero: none yet
	created    int64                 // Unix seconds
	touched    int64
	expiry     expiry
	protection envelope.Protection  // that it was opened under; 0: none
	packedAs   envelope.Compression // of the entries as they were opened
	keyID      keys.ID
	size       int  // bytes of the cookie that was opened
	sealed     bool // the client holds it, under keyID
	replaces   bool // the client holds something that may be deleted
	flushed    bool // since it was opened or last sealed
	rejected   []error

	accessed, modified bool
	unset              map[string]error // keys whose last Set was refused
	unread             map[string]error // keys whose value did not decode

	late        interface{ LateUse(error) }
	lateErr     error // to be reported once the lock is released
	lateChanged bool
}

// newSession returns a session that is opened from its source at the first look.
func newSession(c *Codec, from source) *Session {
	s := &struct {
		Session
		table
	}{}
	s.Session.codec, s.Session.now = c, c.opts.Now()
	s.table.source = from
	s.Session.contents.Store(&s.table)
	return &s.Session
}

// A source is where a session comes from: nowhere, if there are no candidates.
type source struct {
	ctx        context.Context
	candidates iter.Seq[string]
}

// entries opens the session if it was not looked at yet. The caller holds mu.
func (s *Session) entries() *table {
	t := s.contents.Load()
	if s.isOpen {
		return t
	}
	if t.source.candidates == nil {
		s.isOpen = true
		return t
	}
	o := s.codec.pick(t.source.ctx, t.source.candidates, s.now)
	s.isOpen, t.source = true, source{}
	s.sealed = o.ok
	if o.ok {
		*t = o.table
		s.id = o.body.ID
		s.created, s.touched = int64(o.body.Created), int64(o.body.Touched)
		s.expiry = expiryOf(o.body)
		s.protection, s.packedAs, s.keyID, s.size = o.protection, o.body.Compression, o.keyID, o.size
	}
	s.replaces = o.ok || len(o.rejected) > 0 && !slices.ContainsFunc(o.rejected, func(err error) bool {
		return errors.Is(err, ErrUnreadable)
	})
	s.rejected = o.rejected
	return t
}

// look takes the lock and counts as a look; done releases it.
func (s *Session) look() *table {
	s.mu.Lock()
	opened := false
	defer func() {
		if !opened {
			s.mu.Unlock() // a key ring or an iterator of the application's panicked
		}
	}()
	t := s.entries()
	opened = true
	if !s.accessed && s.late != nil {
		s.lateErr = errLateLook
	}
	s.accessed = true
	return t
}

func (s *Session) done() {
	report, err := s.late, s.lateErr
	s.lateErr = nil
	s.mu.Unlock()
	if err != nil {
		report.LateUse(err)
	}
}

var errLateLook = errors.New("cookiesession: the session was first looked at after the response had begun, so " +
	"caches were not told that the response depends on it; look earlier, or call middleware.Touch")

// changed notes a change: what was done, and to which key, if to one.
func (s *Session) changed(done, key string) {
	s.modified, s.size = true, 0
	if s.late == nil || s.lateChanged {
		return
	}
	s.lateChanged = true
	if key != "" {
		done = fmt.Sprintf("%q was %s", key, done)
	} else {
		done = "the session was " + done
	}
	s.lateErr = fmt.Errorf("cookiesession: %s after the response had begun; the change is lost: "+
		"change the session before the first Write, WriteHeader or Flush", done)
}

// identify gives a session its ID and its created instant.
func (s *Session) identify() {
	rand.Read(s.id[:]) // never fails: crypto/rand ends the program instead
	s.created = s.now.Unix()
	s.touched = s.created
}

func (s *Session) hasID() bool { return s.id != [envelope.IDSize]byte{} }

// Has reports whether the session has the key.
func (s *Session) Has(key string) bool {
	t := s.look()
	defer s.done()
	if value, known := t.peek(key); known {
		return value != nil
	}
	return t.get(key) != nil
}

// Len is the number of keys.
func (s *Session) Len() int {
	t := s.look()
	defer s.done()
	return len(t.all())
}

// IsEmpty reports whether the session has no key. An empty session has no cookie.
func (s *Session) IsEmpty() bool { return s.Len() == 0 }

// Keys are the session's keys, sorted.
func (s *Session) Keys() []string {
	t := s.look()
	defer s.done()
	entries := t.all()
	keys := make([]string, len(entries))
	for i, e := range entries {
		keys[i] = e.key
	}
	return keys
}

// All is a snapshot of the session, taken when the loop begins, sorted by
// key, each value as [Session.Get] gives it.
func (s *Session) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		t := s.look()
		entries := slices.Clone(t.all())
		s.done()
		for _, e := range entries {
			v, _ := read[any](s, e)
			if !yield(e.key, v) {
				return
			}
		}
	}
}

// Set puts v under key. v is encoded there and then, so what happens to it
// later does not leak into the session.
//
// Any value that CBOR can hold will do: text, numbers, booleans, nil, []byte,
// time.Time, *big.Int, slices, maps, structs (with cbor or json tags) and
// types with a text, binary, JSON or CBOR marshaler. A json.Number is kept as
// the number it stands for, and comes back as one. What could not be read back
// is refused: text that is not UTF-8, values nested deeper than 32 levels,
// larger than 64 KiB, or within themselves, structs with no exported field, and
// maps whose keys are structs or lists. Then [Session.Err] has the reason, and
// saving fails.
func (s *Session) Set(key string, v any) {
	e, err := s.codec.encode(key, v) // not under the lock: v's marshaler may use the session
	t := s.look()
	defer s.done()
	if err != nil {
		s.refuse(key, err)
		return
	}
	s.put(t, e)
}

// put is the locked part of a Set.
func (s *Session) put(t *table, e *entry) {
	s.changed("set", e.key)
	s.settle(e.key)
	t.put(e)
	if !s.hasID() {
		s.identify()
	}
}

// refuse makes saving fail because key could not be set.
func (s *Session) refuse(key string, err error) {
	s.changed("set", key)
	if s.unset == nil {
		s.unset = map[string]error{}
	}
	s.unset[key] = err
}

// settle forgets the errors of a key that was overwritten or deleted.
func (s *Session) settle(key string) {
	if s.unset != nil {
		delete(s.unset, key)
	}
	if s.unread != nil {
		delete(s.unread, key)
	}
}

func (c *Codec) encode(key string, v any) (*entry, error) {
	if !utf8.ValidString(key) {
		return nil, fmt.Errorf("cookiesession: set %q: the key is not valid UTF-8", key)
	}
	if len(key) > largestCookie {
		return nil, fmt.Errorf("cookiesession: set a key of %d bytes: no cookie holds it", len(key))
	}
	e := &entry{key: key}
	if c.opts.Serializer == nil && e.scalar(v) {
		return e, nil
	}
	var err error
	if _, ours := v.([]Flash); c.opts.Serializer != nil && !ours {
		if e.plain, err = encodeForeign(c.opts.Serializer, v); err == nil {
			e.foreign, e.packed = true, appendBytes(nil, foreignTag, e.plain)
		}
	} else {
		e.plain, e.packed, err = encodeValue(v)
	}
	if err != nil {
		return nil, fmt.Errorf("cookiesession: set %q: %w", key, err)
	}
	return e, nil
}

// SetAll puts every pair of m.
func (s *Session) SetAll(m map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		s.Set(key, m[key])
	}
}

// SetDefault puts v under key if the session does not have it, and returns
// what then stands there, as [Session.Get] does.
func (s *Session) SetDefault(key string, v any) any {
	if !s.Has(key) {
		e, err := s.codec.encode(key, v)
		s.swap(key, nil, func(t *table) {
			if err != nil {
				s.refuse(key, err)
			} else {
				s.put(t, e)
			}
		})
	}
	return s.Get(key)
}

// Delete removes the key, if it is there.
func (s *Session) Delete(key string) {
	t := s.look()
	defer s.done()
	s.delete(t, key)
}

func (s *Session) delete(t *table, key string) {
	_, refused := s.unset[key]
	s.settle(key)
	if t.remove(key) || refused {
		s.changed("deleted", key)
	}
}

// Pop removes the key and returns what stood there, as [Session.Get] does. A
// value that does not decode stays.
func (s *Session) Pop(key string) any {
	v, _ := pop[any](s, key)
	return v
}

// Clear removes every key. The session stays the same one: its ID and its
// created instant are kept. If nothing is set after it, its cookie is deleted.
func (s *Session) Clear() {
	t := s.look()
	defer s.done()
	s.clear(t)
	s.changed("cleared", "")
}

func (s *Session) clear(t *table) {
	*t = table{}
	clear(s.unset)
	clear(s.unread)
}

// Flush ends the session: it is emptied, its ID is gone, and its cookie is
// deleted, whatever the response's status. Values set after it begin a new
// session, whose cookie takes the place of the old one; where that cannot be
// written, the old one is still deleted. Call it to sign out.
//
// It cannot reach copies of the old cookie: see SECURITY.md. A cookie that was
// refused as [ErrUnreadable] is not deleted, for it may be another instance's.
func (s *Session) Flush() {
	t := s.look()
	defer s.done()
	s.clear(t)
	s.id = [envelope.IDSize]byte{}
	s.created, s.touched, s.expiry, s.protection = 0, 0, expiry{}, 0
	s.flushed = true
	s.changed("flushed", "")
}

// Renew gives the session a new ID and a new created instant, with the same
// data. Call it at sign-in, so that whatever was known of the session before
// is worth nothing after.
func (s *Session) Renew() {
	s.look()
	defer s.done()
	s.identify()
	s.changed("renewed", "")
}

// ID identifies the session: 96 random bits as 16 characters of base64url. It
// is made when the first value is set, or by [Session.Renew], and "" before.
// It is never the text of the cookie, and cannot be used to forge one.
func (s *Session) ID() string {
	s.look()
	defer s.done()
	if !s.hasID() {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(s.id[:])
}

// Created is when the session was begun or last renewed, in UTC to the
// second; the zero time for a session without an ID.
func (s *Session) Created() time.Time {
	s.look()
	defer s.done()
	if !s.hasID() {
		return time.Time{}
	}
	return time.Unix(s.created, 0).UTC()
}

// Touched is when the session was last sealed, in UTC to the second: what
// [Options].Idle counts from. It is the created instant for a session that was
// not sealed since, and the zero time for one without an ID.
func (s *Session) Touched() time.Time {
	s.look()
	defer s.done()
	if !s.hasID() {
		return time.Time{}
	}
	return time.Unix(s.touched, 0).UTC()
}

// KeyID is the key that the client's cookie is sealed with; false if the
// client has none that opened.
func (s *Session) KeyID() (keys.ID, bool) {
	s.look()
	defer s.done()
	return s.keyID, s.sealed
}

// Accessed reports whether anything looked at the session.
func (s *Session) Accessed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accessed
}

// Modified reports whether the session was changed since it was opened or
// last sealed.
func (s *Session) Modified() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.modified
}

// Err joins what went wrong with the session's values: those that Set refused,
// which make saving fail, and those that did not decode, which do not. A key's
// error goes when the key is set or deleted.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.setErr(), joinSorted(s.unread))
}

func (s *Session) setErr() error { return joinSorted(s.unset) }

func joinSorted(errs map[string]error) error {
	if len(errs) == 0 {
		return nil
	}
	var joined []error
	for _, key := range slices.Sorted(maps.Keys(errs)) {
		joined = append(joined, errs[key])
	}
	return errors.Join(joined...)
}

// Rejected is why cookies of the session's name did not open, one error each;
// every one wraps [ErrInvalid]. Nothing before the first look.
func (s *Session) Rejected() []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.rejected)
}

// Late says that the response has begun: from now on, LateUse of to is called at
// the first look, if there was none yet, and at the first change, which cannot
// reach the client any more. It may be called from any goroutine. The
// middleware calls Late; handlers need not.
func (s *Session) Late(to interface{ LateUse(error) }) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = to
}

type contextKey struct{}

// ContextKey is what [FromContext] asks a context for. A context of your own may return
// a *Session for it that it made when it was first asked; [NewContext] is simpler.
var ContextKey any = contextKey{}

// NewContext returns a context that carries the session for [FromContext].
func NewContext(ctx context.Context, s *Session) context.Context {
	return context.WithValue(ctx, ContextKey, s)
}

// FromContext returns the session of the request. It panics if the middleware
// is missing: that is a mistake in the program, not in the request.
func FromContext(ctx context.Context) *Session {
	s, ok := ctx.Value(ContextKey).(*Session)
	if !ok {
		panic("cookiesession: no session in the context; wrap the handler with middleware.Sessions.Handler, and pass on the request's context")
	}
	return s
}
