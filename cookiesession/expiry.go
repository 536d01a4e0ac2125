package cookiesession

import (
	"math"
	"time"

	"github.com/cookiesession/go/cookiesession/internal/envelope"
)

// expiry is a session's own limit.
type expiry struct {
	kind  envelope.ExpiryKind
	after uint32 // seconds after touched, for ExpiryAfter
	at    int64  // Unix seconds, for ExpiryAt
}

func expiryOf(b envelope.Body) expiry {
	x := expiry{kind: b.Expiry}
	switch b.Expiry {
	case envelope.ExpiryAfter:
		x.after = b.ExpirySecs
	case envelope.ExpiryAt:
		x.at = int64(b.Created) + int64(b.ExpirySecs)
	}
	return x
}

// apply writes the expiry into a body whose Created is set.
func (x expiry) apply(b *envelope.Body) {
	b.Expiry = x.kind
	switch x.kind {
	case envelope.ExpiryAfter:
		b.ExpirySecs = x.after
	case envelope.ExpiryAt:
		b.ExpirySecs = uint32(min(max(x.at-int64(b.Created), 0), math.MaxUint32))
	}
}

// idle is the longest time between two touches, 0 for none.
func (c *Codec) idle(x expiry) time.Duration {
	idle := c.opts.Idle
	if x.kind == envelope.ExpiryAfter {
		own := time.Duration(x.after) * time.Second
		if idle == 0 || own < idle {
			return own
		}
	}
	return idle
}

// end is the earliest of a session's limits; false if none applies.
func (c *Codec) end(x expiry, created, touched int64) (time.Time, bool) {
	var end time.Time
	ok := false
	limit := func(t time.Time) {
		if !ok || t.Before(end) {
			end, ok = t, true
		}
	}
	if c.opts.Lifetime > 0 {
		limit(time.Unix(created, 0).Add(c.opts.Lifetime))
	}
	if c.opts.Idle > 0 || x.kind == envelope.ExpiryAfter {
		limit(time.Unix(touched, 0).Add(c.idle(x)))
	}
	if x.kind == envelope.ExpiryAt {
		limit(time.Unix(x.at, 0))
	}
	return end, ok
}

// ExpireAfter gives this session an idle timeout of its own: it ends d after
// it was last touched, like [Options].Idle. It can only shorten. Whole seconds
// count, from the second in which it was touched, and what has less than one
// second left is deleted: below two seconds the session may end with this
// response.
func (s *Session) ExpireAfter(d time.Duration) {
	secs := min(max(int64(d/time.Second), 0), math.MaxUint32)
	s.expire(expiry{kind: envelope.ExpiryAfter, after: uint32(secs)})
}

// ExpireAt ends this session at t, to the second, however it is used. It can
// only shorten; with an instant that has passed, the session ends with this
// response.
func (s *Session) ExpireAt(t time.Time) {
	s.expire(expiry{kind: envelope.ExpiryAt, at: t.Unix()})
}

// ExpireAtBrowserClose leaves out the cookie's Max-Age, so that browsers drop
// it when they close (those that restore tabs may keep it). The codec's
// lifetimes apply as ever.
func (s *Session) ExpireAtBrowserClose() { s.expire(expiry{kind: envelope.ExpiryBrowser}) }

// ExpireDefault takes back what the other three set.
func (s *Session) ExpireDefault() { s.expire(expiry{}) }

func (s *Session) expire(x expiry) {
	s.look()
	defer s.done()
	s.expiry = x
	s.changed("given another expiry", "")
}

// ExpiresAt is when the session ends if it is not touched again, in UTC. For
// a session that is changed, that counts from now.
func (s *Session) ExpiresAt() time.Time {
	s.look()
	defer s.done()
	created, touched := s.created, s.touched
	if !s.hasID() {
		created = s.now.Unix()
	}
	if s.modified || !s.hasID() {
		touched = max(s.now.Unix(), created, touched)
	}
	end, _ := s.codec.end(s.expiry, created, touched)
	return end.UTC()
}

// ExpiresIn is the time from the request to [Session.ExpiresAt].
func (s *Session) ExpiresIn() time.Duration { return s.ExpiresAt().Sub(s.now) }

// ExpiresAtBrowserClose reports whether the cookie ends with the browser.
func (s *Session) ExpiresAtBrowserClose() bool {
	s.look()
	defer s.done()
	return s.expiry.kind == envelope.ExpiryBrowser
}
