package keystest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/cookiesession/go/keys"
)

// A Source is a [keys.Source] under control. It is safe for concurrent use.
type Source struct {
	mu    sync.Mutex
	ring  *keys.Ring
	err   error
	flaps bool // err is for every second load
	spare bool // the next load is spared
	delay time.Duration
	deaf  bool
	loads int
}

// NewSource returns a source that brings this ring at once.
func NewSource(ring *keys.Ring) *Source { return &Source{ring: ring} }

// Set gives the source another ring to bring.
func (s *Source) Set(ring *keys.Ring) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ring = ring
}

// Fail makes every load from now on fail with this error; nil ends that.
func (s *Source) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err, s.flaps = err, false
}

// Flap makes the next load fail with this error, the one after that succeed, and
// so on in turn.
func (s *Source) Flap(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err, s.flaps, s.spare = err, true, false
}

// Delay makes each load take that long. The ring that it brings is the one of its beginning,
// as with a real source. It ends early when its context does.
func (s *Source) Delay(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay, s.deaf = d, false
}

// Hang makes each load take that long and not heed its context, as a read from a file
// system that is gone.
func (s *Source) Hang(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay, s.deaf = d, true
}

// Loads returns how many loads have begun.
func (s *Source) Loads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loads
}

// Load is what a [keys.Source] does.
func (s *Source) Load(ctx context.Context) (*keys.Ring, error) {
	s.mu.Lock()
	s.loads++
	ring, err, delay, deaf := s.ring, s.err, s.delay, s.deaf
	if s.flaps {
		if s.spare {
			err = nil
		}
		s.spare = !s.spare
	}
	s.mu.Unlock()

	if delay > 0 {
		done := ctx.Done()
		if deaf {
			done = nil
		}
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-done:
		}
	}
	if ctx.Err() != nil && !deaf {
		return nil, fmt.Errorf("keystest: %w", ctx.Err())
	}
	if err != nil {
		return nil, err
	}
	return ring, nil
}
