package keys

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// An answer is what a source returned.
type answer struct {
	ring *Ring
	err  error
}

// load is one load, from its turn to its report. The flight sees to it that one is under way,
// and one more waits for its turn.
func (w *Watcher) load() (any, error) {
	turn := time.NewTimer(w.opts.Timeout)
	defer turn.Stop()
	select {
	case w.loading <- struct{}{}:
	case <-turn.C:
		return nil, w.fail(fmt.Errorf("keys: the load before this one has not returned, and this one waited %v for it", w.opts.Timeout))()
	}
	// Whoever asks from here on may know of a change that this load does not see.
	w.flight.Forget("")
	began := w.opts.Now()
	ctx, cancel := context.WithTimeout(context.Background(), w.opts.Timeout)
	defer cancel()

	answers := make(chan answer, 1)
	go func() {
		a := answer{err: errors.New("keys: the source returned no ring and no error")}
		defer func() { answers <- a }() // even if the source ends the goroutine
		if ring, err := w.src.Load(ctx); ring != nil || err != nil {
			a = answer{ring, err}
		}
	}()
	select {
	case a := <-answers:
		report := w.take(ctx, a, began)
		<-w.loading          // not before what it brought is in place
		return nil, report() // which may load again
	case <-ctx.Done():
		report := w.take(ctx, answer{err: ctx.Err()}, began)
		go func() {
			// If the source does not heed its context, it holds up the next load and not us.
			// What it brings in the end is newer than what we have.
			late := func() error { return nil }
			if a := <-answers; a.err == nil {
				late = w.take(ctx, a, began)
			}
			<-w.loading
			late()
		}()
		return nil, report()
	}
}

// take puts the answer of a load in its place. What it returns reports that, and returns the
// error of the load.
func (w *Watcher) take(ctx context.Context, a answer, began time.Time) (report func() error) {
	if a.err != nil && ctx.Err() != nil {
		return w.fail(fmt.Errorf("keys: the source did not answer within %v: %w", w.opts.Timeout, a.err))
	}
	w.vain.Store(nil)
	if a.err != nil {
		return w.fail(a.err)
	}
	return w.adopt(a.ring, began)
}

// fail notes the error of a load.
func (w *Watcher) fail(err error) (report func() error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	first := false
	if h := w.current.Load(); h != nil { // else NewWatcher returns it
		next := *h
		first = w.note(&next, err)
	}
	return func() error {
		if first {
			w.opts.OnFailure(err)
		}
		return err
	}
}

// adopt takes the ring of a good load, as far as it should.
func (w *Watcher) adopt(ring *Ring, began time.Time) (report func() error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.opts.Now()
	for _, entry := range ring.entries {
		if entry.Revoked {
			w.revoked[entry.Key.id.number()] = true
		}
	}
	old := w.current.Load()
	if old == nil {
		w.current.Store(newHeld(ring, began, nil))
		return func() error { return nil }
	}

	limit := ring.notBefore
	if before := old.ring.notBefore; before.After(limit) && !before.After(now) {
		limit = before
	}
	next := ring.succeed(old.ring, w.revoked, limit)
	_, err := next.Signer(now)
	if err != nil {
		// What was revoked is revoked all the same.
		kept := old.ring.succeed(old.ring, w.revoked, later(limit, old.ring.notBefore))
		if _, none := kept.Signer(now); none == nil {
			err = fmt.Errorf("keys: the new ring is not used, but for its revocations: %w", err)
			next, began = kept, old.loaded
		} else {
			err = fmt.Errorf("keys: the new ring is used, but no session can be saved: %w", err)
		}
	}
	changed := !next.equal(old.ring)
	if !changed {
		next = old.ring // with the same keys and what is derived from them
	}
	failed := w.failed
	first := w.note(newHeld(next, began, old), err)
	return func() error {
		if changed {
			w.opts.OnChange(next)
		}
		switch {
		case first:
			w.opts.OnFailure(err)
		case err == nil && !failed.IsZero():
			w.opts.OnRecovery(failed)
		}
		return err
	}
}

// note puts what is held in its place, with the error of the last load, and says whether that
// error is worth a report. The caller holds mu.
func (w *Watcher) note(next *held, err error) (first bool) {
	last := w.current.Load().err
	next.err = err
	w.current.Store(next)
	if err == nil {
		w.failed = time.Time{}
		return false
	}
	if w.failed.IsZero() {
		w.failed = w.opts.Now()
		return true
	}
	return errors.Is(err, ErrNoSigner) && !errors.Is(last, ErrNoSigner)
}

func newHeld(ring *Ring, loaded time.Time, old *held) *held {
	h := &held{ring: ring, loaded: loaded, seen: make(map[uint32]*tally, len(ring.entries))}
	for id := range ring.byID {
		if old != nil && old.seen[id] != nil {
			h.seen[id] = old.seen[id]
		} else {
			h.seen[id] = new(tally)
		}
	}
	return h
}

// A look is a load that requests wait for.
type look struct {
	began time.Time     // by the clock of the options
	over  chan struct{} // closed when it is
	until time.Time     // from then on an ID is worth another, by the real time
}

// look begins a look. The caller holds mu.
func (w *Watcher) look() *look {
	l := &look{began: w.opts.Now(), over: make(chan struct{}), until: time.Now().Add(askAgain)}
	loaded := w.flight.DoChan("", w.load)
	go func() {
		defer close(l.over)
		if result := <-loaded; result.Err != nil {
			w.mu.Lock()
			l.until = time.Time{} // it says nothing of any ID
			w.mu.Unlock()
		}
	}()
	return l
}

// renew returns the look for the sake of an old ring. One is enough for all requests, and one
// a second if it fails. One that has taken too long is from before a freeze.
func (w *Watcher) renew() *look {
	w.mu.Lock()
	defer w.mu.Unlock()
	if l := w.renewal; l != nil {
		enough := 2 * w.opts.Timeout // for its turn and itself
		select {
		case <-l.over:
			enough = pacePerLoad
		default:
		}
		if since(l.began, w.opts.Now()) < enough {
			return l
		}
	}
	w.renewal = w.look()
	return w.renewal
}

const (
	patience = 2 * time.Second  // how long a request waits for a look
	vainFor  = 10 * time.Minute // how long none waits after one gave up
)

// wait waits for a look, unless somebody has waited in vain of late.
func (w *Watcher) wait(ctx context.Context, l *look) {
	if vain := w.vain.Load(); vain != nil && since(*vain, w.opts.Now()) < vainFor {
		return
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-l.over:
	case <-ctx.Done():
	case <-timer.C:
		now := w.opts.Now()
		w.vain.Store(&now)
	}
}
