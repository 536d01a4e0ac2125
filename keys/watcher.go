package keys

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

// WatcherOptions say how a [Watcher] follows its source. The zero value is right where a
// goroutine calls [Watcher.Run].
type WatcherOptions struct {
	// Timeout is the longest time that one load may take. Default 10 seconds.
	Timeout time.Duration

	// RefreshAfter lets [Watcher.Ring] itself load a ring that is older than this, before it
	// returns. It is for functions that are frozen between requests, where no Run
	// goes on: see [Watcher.Ring]. Default: MaxAge, and if that is not set either, never.
	RefreshAfter time.Duration

	// MaxAge is the age from which a ring no longer signs, though it still verifies: [Ring.Signer]
	// then says [ErrNoSigner], and saving a session fails loudly. Without it, an instance
	// that is cut off from its source signs for ever with a key that the others may have
	// removed. Set it well above the time between loads, in days rather than in minutes.
	// Default: no limit.
	MaxAge time.Duration

	// Now is the clock that says which key signs and how old the ring is. Default time.Now.
	// Time-outs go by the real time.
	Now func() time.Time

	// OnFailure hears that loads have begun to fail. Further failures are
	// not reported until a load has succeeded. Default: logged with slog at error level.
	OnFailure func(err error)

	// OnRecovery hears that a load succeeded again, and since when loads had failed.
	// Default: logged at info level.
	OnRecovery func(since time.Time)

	// OnChange hears of each new ring that replaces another. Default: logged at info level.
	OnChange func(ring *Ring)

	// OnSeen hears of each call of [Watcher.Seen], before it returns: count, and do not wait.
	// Default: nothing.
	OnSeen func(id ID)
}

// complete fills in the defaults and returns every mistake.
func (o WatcherOptions) complete() (WatcherOptions, error) {
	var errs []error
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"Timeout", o.Timeout}, {"RefreshAfter", o.RefreshAfter}, {"MaxAge", o.MaxAge}} {
		if d.value < 0 {
			errs = append(errs, fmt.Errorf("keys: WatcherOptions.%s is %v: it must not be negative", d.name, d.value))
		}
	}
	if o.MaxAge > 0 && o.RefreshAfter > o.MaxAge {
		errs = append(errs, fmt.Errorf("keys: WatcherOptions.RefreshAfter, %v, is longer than MaxAge, %v: the ring would stop signing before it is loaded anew",
			o.RefreshAfter, o.MaxAge))
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.RefreshAfter == 0 {
		o.RefreshAfter = o.MaxAge
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnFailure == nil {
		o.OnFailure = func(err error) {
			slog.Error("keys: the key ring could not be loaded: the last good one stays in use", "error", err)
		}
	}
	if o.OnRecovery == nil {
		o.OnRecovery = func(since time.Time) {
			slog.Info("keys: the key ring is loaded again", "failed since", since)
		}
	}
	if o.OnChange == nil {
		o.OnChange = func(ring *Ring) { slog.Info("keys: the key ring changed", "ring", ring) }
	}
	if o.OnSeen == nil {
		o.OnSeen = func(ID) {}
	}
	return o, errors.Join(errs...)
}

// A Watcher is a [Ringer] that follows its [Source]: it holds the last good ring, and loads
// anew at an interval, on demand, and when a cookie bears a key that it does not know.
//
// A load that fails, or brings a ring that has no key to sign with, discards nothing: the last
// good ring stays, [WatcherOptions].OnFailure hears of it once, and [Watcher.Loaded] tells the age.
//
// A revocation is the exception. It applies as soon as it is read, even if it leaves no
// key to sign with, and the Watcher remembers it: a later ring in which the key
// is not revoked, such as an old copy, does not bring it back. The same holds for a
// not-before that has passed. To take one of them back, start the program anew.
//
// At most one load is under way at a time, on a context of its own. A Watcher is safe for
// concurrent use, prints as its ring does, and must not be copied.
type Watcher struct {
	src     Source
	opts    WatcherOptions
	current atomic.Pointer[held]

	flight  singleflight.Group
	loading chan struct{} // holds the one load under way
	ended   atomic.Uint64 // how many loads have ended
	slow    atomic.Uint64 // the number of the load that a waiter gave up on

	mu      sync.Mutex
	failed  time.Time       // since when loads fail; zero: they do not
	revoked map[uint32]bool // every key that was ever revoked
	looks   map[uint32]*look
	pace    pace
}

// held is what a Watcher has. It is replaced, never changed.
type held struct {
	ring   *Ring
	loaded time.Time // when the last good load began
	err    error     // of the last load
	tries  time.Time // when it failed, by the real time
	seen   map[uint32]*tally
}

// patience is how long a request waits for a load.
const patience = 2 * time.Second

// NewWatcher loads the ring once and returns its Watcher, or the error of that load. It
// returns all mistakes of opts together. Then
//
//	go watcher.Run(ctx, 30*time.Second)
//
// follows the source.
func NewWatcher(ctx context.Context, src Source, opts WatcherOptions) (*Watcher, error) {
	opts, err := opts.complete()
	if src == nil {
		err = errors.Join(err, errors.New("keys: no source: give a File, an Env or a SourceFunc"))
	}
	if err != nil {
		return nil, err
	}
	w := &Watcher{
		src:     src,
		opts:    opts,
		loading: make(chan struct{}, 1),
		revoked: map[uint32]bool{},
		looks:   map[uint32]*look{},
	}
	if err := w.Refresh(ctx); err != nil {
		return nil, err
	}
	return w, nil
}

// Ring returns the current ring: the last good one.
//
// It does not wait, unless [WatcherOptions].RefreshAfter is set and the ring is older. That is how a
// function that was frozen between two requests, for seconds or for days, does not sign its
// first answer with a key that was overtaken meanwhile: Ring loads first, waiting up to 2
// seconds. If the source does not answer in time the last good ring stays in use, up to
// MaxAge, and only the first requests wait. While loads fail, there is one a second at most.
func (w *Watcher) Ring() *Ring {
	if w == nil {
		return nil // so that a codec can say what is wrong
	}
	h := w.current.Load()
	if w.opts.RefreshAfter == 0 { // and so no MaxAge either
		return h.ring
	}
	if h.age(w.opts.Now()) > w.opts.RefreshAfter && time.Since(h.tries) >= pacePerLoad {
		w.wait(context.Background(), w.flight.DoChan("", w.load))
		h = w.current.Load()
	}
	if w.opts.MaxAge > 0 && h.age(w.opts.Now()) > w.opts.MaxAge {
		return h.ring.silenced(h.tooOld(w.opts.MaxAge))
	}
	return h.ring
}

// age goes by whichever clock has run more: the wall clock goes on while the process
// is frozen, the monotonic one cannot be set back.
func (h *held) age(now time.Time) time.Duration {
	return max(now.Sub(h.loaded), now.Round(0).Sub(h.loaded.Round(0)))
}

func (h *held) tooOld(limit time.Duration) error {
	err := fmt.Errorf("the ring was last loaded at %s, more than %v ago", h.loaded.UTC().Format(time.RFC3339), limit)
	if h.err != nil {
		err = fmt.Errorf("%w, and the last load failed: %w", err, h.err)
	}
	return err
}

// Run loads the ring at each interval until the context is done. It blocks: call it in
// a goroutine. It panics if the interval is not positive.
//
// The interval is how long an instance may go on with the old ring, so schedule new keys
// further ahead than that. A load of a file costs some microseconds.
func (w *Watcher) Run(ctx context.Context, every time.Duration) {
	if every <= 0 {
		panic(fmt.Sprintf("keys: Watcher.Run with the interval %v: it must be positive", every))
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.Refresh(ctx) // which reports its failure
		}
	}
}

// Refresh loads the ring now, and returns when that is done, with its error; or when ctx is, and
// then the load goes on. Calls that come before a load has begun share it.
func (w *Watcher) Refresh(ctx context.Context) error {
	select {
	case result := <-w.flight.DoChan("", w.load):
		return result.Err
	case <-ctx.Done():
		return fmt.Errorf("keys: the key ring is still being loaded: %w", ctx.Err())
	}
}

// Loaded says when the last good load began, by [WatcherOptions].Now, and with which error the
// last load failed, if it did.
func (w *Watcher) Loaded() (at time.Time, err error) {
	h := w.current.Load()
	return h.loaded, h.err
}

type answer struct {
	ring *Ring
	err  error
}

// load is one load, from its turn to its report. The flight sees to it that it is under way
// once, and waiting for its turn once.
func (w *Watcher) load() (any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), w.opts.Timeout)
	defer cancel()
	select {
	case w.loading <- struct{}{}:
	case <-ctx.Done():
		return nil, w.fail(fmt.Errorf("keys: the load before this one has not returned yet, after more than %v", w.opts.Timeout))
	}
	// Whoever asks from here on may know of a change that this load does not see.
	w.flight.Forget("")
	began := w.opts.Now()

	answers := make(chan answer, 1)
	go func() {
		// If the source does not heed its context, it holds up the next load, not us.
		defer func() { <-w.loading }()
		ring, err := w.src.Load(ctx)
		if ring == nil && err == nil {
			err = errors.New("keys: the source returned no ring and no error")
		}
		answers <- answer{ring, err}
	}()
	defer w.ended.Add(1)
	select {
	case a := <-answers:
		if a.err != nil {
			return nil, w.fail(a.err)
		}
		return nil, w.adopt(a.ring, began)
	case <-ctx.Done():
		return nil, w.fail(fmt.Errorf("keys: the source did not answer within %v", w.opts.Timeout))
	}
}

// fail notes the error of a load, reports it if it is the first in a row, and returns it.
func (w *Watcher) fail(err error) error {
	w.mu.Lock()
	h := w.current.Load()
	first := h != nil && w.failed.IsZero()
	if h != nil {
		next := *h
		next.err, next.tries = err, time.Now()
		w.current.Store(&next)
	}
	if first {
		w.failed = w.opts.Now()
	}
	w.mu.Unlock()
	if first {
		w.opts.OnFailure(err)
	}
	return err
}

// adopt takes the ring of a good load, as far as it should.
func (w *Watcher) adopt(ring *Ring, began time.Time) error {
	w.mu.Lock()
	now := w.opts.Now()
	for _, entry := range ring.entries {
		if entry.Revoked {
			w.revoked[entry.Key.id.number()] = true
		}
	}
	old := w.current.Load()
	if old == nil {
		w.current.Store(newHeld(ring, began, nil))
		w.mu.Unlock()
		return nil
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
	w.current.Store(newHeld(next, began, old))
	since := w.failed
	if err == nil {
		w.failed = time.Time{}
	}
	w.mu.Unlock()

	if changed {
		w.opts.OnChange(next)
	}
	switch {
	case err != nil:
		return w.fail(err)
	case !since.IsZero():
		w.opts.OnRecovery(since)
	}
	return nil
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

// String returns what [Ring.String] does of the current ring, and when it was loaded.
func (w *Watcher) String() string {
	h := w.current.Load()
	return "keys.Watcher(" + h.ring.outline() + "; loaded " + h.loaded.UTC().Format(time.RFC3339) + ")"
}

// Format writes what [Watcher.String] returns, for every verb and flag.
func (w *Watcher) Format(f fmt.State, _ rune) { io.WriteString(f, w.String()) }

// LogValue returns what [Watcher.String] returns.
func (w *Watcher) LogValue() slog.Value { return slog.StringValue(w.String()) }
