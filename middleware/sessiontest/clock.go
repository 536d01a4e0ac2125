package sessiontest

import (
	"sync"
	"time"
)

// A Clock stands still until it is moved. Its zero value is ready: it stands
// at the second in which it is first asked. Give its Now to
// [cookiesession.Options]. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now is the time of the clock, in UTC. It is in whole seconds, as the
// instants in a session are, unless it was moved by less.
func (c *Clock) Now() time.Time { return c.move(0) }

// Advance moves the clock by d, back if d is negative. A request sees the
// time at which it began.
func (c *Clock) Advance(d time.Duration) { c.move(d) }

func (c *Clock) move(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now.IsZero() {
		c.now = time.Now().UTC().Truncate(time.Second)
	}
	c.now = c.now.Add(d)
	return c.now
}
