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
	// Timeout is the longest time that one load may take, once it has its turn. Default 10 seconds.
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

	// Now is the clock that says which key signs and how old a ring is. Default time.Now.
	// Time-outs go by the real time.
	Now func() time.Time

	// The hooks below are called with no lock held, so they may use the Watcher. Those of
	// loads are called by the load, one after another as a rule; a slow one holds
	// up who waits for it.

	// OnFailure hears that loads have begun to fail. Further failures are not reported until
	// a load has succeeded, but that a ring leaves no key to sign with is (the error
	// wraps [ErrNoSigner]). Default: logged with slog at error level.
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
			if errors.Is(err, ErrNoSigner) {
				slog.Error("keys: the key ring leaves no key to sign with", "error", err)
				return
			}
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
// One load is under way at a time, on a context of its own. A Watcher comes from [NewWatcher],
// is safe for concurrent use, prints as its ring does, and must not be copied.
type Watcher struct {
	src     Source
	opts    WatcherOptions
	current atomic.Pointer[held]

	flight  singleflight.Group
	loading chan struct{}             // holds the one load under way
	vain    atomic.Pointer[time.Time] // when a request gave up waiting, if no load was answered since

	mu      sync.Mutex
	failed  time.Time        // since when loads fail; zero: they do not
	revoked map[uint32]bool  // every key that was ever revoked
	renewal *look            // the last load for the sake of an old ring
	looks   map[uint32]*look // the loads for the sake of unknown IDs
	pace    pace             // of those
}

// held is what a Watcher has. It is replaced, never changed.
type held struct {
	ring   *Ring
	loaded time.Time // when the last good load began
	err    error     // of the last load
	seen   map[uint32]*tally
}

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
// It does not wait, unless the ring is older than [WatcherOptions].RefreshAfter. That is how a
// function that was frozen between two requests, for seconds or for days, does not sign its
// first answer with a key that was overtaken meanwhile: Ring loads first, waiting up to 2
// seconds. If the source does not answer in that time, the last good ring stays in use, up to
// MaxAge; loads go on, one at a time and one a second at most; and no request waits
// again until the source has answered, or ten minutes are over.
func (w *Watcher) Ring() *Ring {
	if w == nil || w.current.Load() == nil {
		return nil // so that a codec can say what is wrong
	}
	h := w.current.Load()
	if w.opts.RefreshAfter == 0 { // and so no MaxAge either
		return h.ring
	}
	if since(h.loaded, w.opts.Now()) > w.opts.RefreshAfter {
		w.wait(context.Background(), w.renew())
		h = w.current.Load()
	}
	if w.opts.MaxAge > 0 && since(h.loaded, w.opts.Now()) > w.opts.MaxAge {
		return h.ring.silenced(h.tooOld(w.opts.MaxAge))
	}
	return h.ring
}

// since is the time between two instants by whichever clock has run more: the wall clock goes
// on while the process is frozen, and the monotonic one, where there is one, cannot be set back.
func since(t, now time.Time) time.Duration {
	return max(now.Sub(t), now.Round(0).Sub(t.Round(0)))
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
// then the load goes on. It waits for its turn while another load is under way, for up to
// [WatcherOptions].Timeout. Calls that come before a load has begun share it.
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

// Format writes the current ring as [Ring.String] does, and when it was loaded, for every verb and flag.
func (w *Watcher) Format(f fmt.State, _ rune) { io.WriteString(f, w.outline()) }

// LogValue returns what [Watcher.Format] writes.
func (w *Watcher) LogValue() slog.Value { return slog.StringValue(w.outline()) }

func (w *Watcher) outline() string {
	h := w.current.Load()
	return "keys.Watcher(" + h.ring.outline() + "; loaded " + h.loaded.UTC().Format(time.RFC3339) + ")"
}
