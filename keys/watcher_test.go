package keys_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/keys/keystest"
)

var errDown = errors.New("the source is down")

// events is what a Watcher reports.
type events struct {
	mu  sync.Mutex
	all []string
}

func (e *events) add(format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, fmt.Sprintf(format, args...))
}

// take returns what was reported since it was last called.
func (e *events) take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := e.all
	e.all = nil
	return all
}

// options are opts that report into e.
func (e *events) options(opts keys.WatcherOptions) keys.WatcherOptions {
	opts.OnFailure = func(err error) { e.add("failure: %v", err) }
	opts.OnRecovery = func(time.Time) { e.add("recovery") }
	opts.OnChange = func(ring *keys.Ring) { e.add("change: %d keys", len(ring.Status(time.Now(), 0))) }
	return opts
}

func watch(t *testing.T, src keys.Source, opts keys.WatcherOptions) (*keys.Watcher, *events) {
	t.Helper()
	e := new(events)
	w, err := keys.NewWatcher(t.Context(), src, e.options(opts))
	require.NoError(t, err)
	return w, e
}

// has reports whether the watcher's ring has the key of that name.
func has(w *keys.Watcher, name string) bool {
	_, err := w.Ring().Lookup(keystest.Key(name).ID())
	return err == nil
}

// signs returns the name of the key that signs now, of those given.
func signs(w *keys.Watcher, names ...string) string {
	signer, err := w.Ring().Signer(time.Now())
	if err != nil {
		return "none"
	}
	for _, name := range names {
		if signer.ID() == keystest.Key(name).ID() {
			return name
		}
	}
	return "another"
}

func TestWatcherLoadsOnceOrFails(t *testing.T) {
	src := keystest.NewSource(keystest.Ring(t, "one"))
	w, e := watch(t, src, keys.WatcherOptions{})
	assert.Equal(t, 1, src.Loads())
	assert.True(t, has(w, "one"))
	assert.Empty(t, e.take())

	src.Fail(errDown)
	_, err := keys.NewWatcher(t.Context(), src, e.options(keys.WatcherOptions{}))
	assert.Equal(t, errDown, err)
	assert.Empty(t, e.take(), "the caller has the error")
	_, err = keys.NewWatcher(t.Context(), keys.File(filepath.Join(t.TempDir(), "absent")), keys.WatcherOptions{})
	assert.ErrorIs(t, err, os.ErrNotExist)
	_, err = keys.NewWatcher(t.Context(), keys.SourceFunc(func(context.Context) (*keys.Ring, error) { return nil, nil }), keys.WatcherOptions{})
	assert.ErrorContains(t, err, "no ring and no error")

	_, err = keys.NewWatcher(t.Context(), nil, keys.WatcherOptions{Timeout: -1, MaxAge: time.Minute, RefreshAfter: time.Hour})
	require.Error(t, err)
	for _, mistake := range []string{"no source", "Timeout is -1ns", "RefreshAfter, 1h0m0s, is longer than MaxAge, 1m0s"} {
		assert.Contains(t, err.Error(), mistake)
	}
	assert.Panics(t, func() { w.Run(t.Context(), 0) })
	assert.Nil(t, (*keys.Watcher)(nil).Ring())
}

func TestWatcherStopsWaitingForItsFirstLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		src.Delay(5 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := keys.NewWatcher(ctx, src, keys.WatcherOptions{})
		assert.ErrorIs(t, err, context.DeadlineExceeded)

		src.Delay(15 * time.Second)
		_, err = keys.NewWatcher(t.Context(), src, keys.WatcherOptions{})
		require.Error(t, err, "the time-out of one load")
		synctest.Wait()
	})
}

func TestWatcherFollowsItsSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		w, e := watch(t, src, keys.WatcherOptions{})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { w.Run(ctx, 30*time.Second); close(ended) }()

		built := 0
		derive := func(name string) {
			key, err := w.Ring().Lookup(keystest.Key(name).ID())
			require.NoError(t, err)
			keys.Derived(key, "test", func([32]byte) int { built++; return built })
		}
		derive("one")
		first := w.Ring()

		time.Sleep(31 * time.Second)
		assert.Equal(t, 2, src.Loads())
		assert.Same(t, first, w.Ring(), "the same content is the same ring")
		assert.Empty(t, e.take())

		src.Set(keystest.Ring(t, "one", "two 2000-01-01T00:01:00Z"))
		time.Sleep(30 * time.Second)
		assert.True(t, has(w, "two"))
		assert.Equal(t, []string{"change: 2 keys"}, e.take())
		derive("one")
		assert.Equal(t, 1, built, "what was derived from a key that stays, stays")

		src.Set(keystest.Ring(t, "two"))
		require.NoError(t, w.Refresh(t.Context()))
		assert.False(t, has(w, "one"))
		assert.Equal(t, []string{"change: 1 keys"}, e.take())

		at, err := w.Loaded()
		assert.Equal(t, time.Now(), at)
		assert.NoError(t, err)
		stop()
		<-ended
		loads := src.Loads()
		time.Sleep(time.Hour)
		assert.Equal(t, loads, src.Loads())
	})
}

// TestLastGoodRing breaks the file in every way that files break.
func TestLastGoodRing(t *testing.T) {
	good := keystest.Text("one", "two 2020-01-01T00:00:00Z")
	for name, spoil := range map[string]func(t *testing.T, path string){
		"gone":         func(t *testing.T, path string) { require.NoError(t, os.Remove(path)) },
		"emptied":      func(t *testing.T, path string) { require.NoError(t, os.Truncate(path, 0)) },
		"half-written": func(t *testing.T, path string) { require.NoError(t, os.Truncate(path, int64(len(good)/2))) },
		"cut off between two lines": func(t *testing.T, path string) {
			require.NoError(t, os.Truncate(path, int64(strings.Index(good, "# end"))))
		},
		"garbage": func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path, []byte("\x00\xff garbage\n"), 0o600))
		},
		"without permission": func(t *testing.T, path string) { require.NoError(t, os.Chmod(path, 0)) },
		"a directory": func(t *testing.T, path string) {
			require.NoError(t, os.Remove(path))
			require.NoError(t, os.Mkdir(path, 0o700))
		},
		"a dangling link": func(t *testing.T, path string) {
			require.NoError(t, os.Remove(path))
			require.NoError(t, os.Symlink("absent", path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ring.keys")
			require.NoError(t, os.WriteFile(path, []byte(good), 0o600))
			file := keys.File(path)
			w, e := watch(t, keys.SourceFunc(func(ctx context.Context) (ring *keys.Ring, err error) {
				if name != "without permission" {
					return file.Load(ctx)
				}
				if ring, err = file.Load(ctx); err == nil {
					if info, statErr := os.Stat(path); statErr == nil && info.Mode().Perm() != 0 {
						return ring, nil
					}
				}
				asNobody(t, func() { ring, err = file.Load(ctx) }) // root may read what nobody may
				return ring, err
			}), keys.WatcherOptions{})
			want := w.Ring()
			loaded, _ := w.Loaded()

			spoil(t, path)
			for range 3 {
				require.Error(t, w.Refresh(t.Context()))
				assert.Same(t, want, w.Ring())
			}
			reports := e.take()
			require.Len(t, reports, 1, "reported once")
			assert.Contains(t, reports[0], "failure: keys: file")
			at, err := w.Loaded()
			assert.Equal(t, loaded, at, "the age goes on")
			assert.Error(t, err)

			require.NoError(t, os.RemoveAll(path))
			require.NoError(t, os.WriteFile(path, []byte(good), 0o600))
			for range 3 {
				require.NoError(t, w.Refresh(t.Context()))
			}
			assert.Equal(t, []string{"recovery"}, e.take())
			at, err = w.Loaded()
			assert.True(t, at.After(loaded))
			assert.NoError(t, err)
		})
	}
}

func TestSourceThatIsSlow(t *testing.T) {
	for name, slow := range map[string]func(*keystest.Source, time.Duration){
		"heeds its context": (*keystest.Source).Delay,
		"does not":          (*keystest.Source).Hang,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := keystest.NewSource(keystest.Ring(t, "one"))
				w, e := watch(t, src, keys.WatcherOptions{})
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				go w.Run(ctx, time.Minute)

				slow(src, time.Hour)
				time.Sleep(time.Minute + 11*time.Second)
				reports := e.take()
				require.Len(t, reports, 1, "after the time-out")
				assert.True(t, has(w, "one"))
				time.Sleep(10 * time.Minute)
				if name == "does not" {
					assert.Equal(t, 2, src.Loads(), "no other load while one has not returned")
				}
				assert.Empty(t, e.take(), "and not again")

				src.Delay(0)
				src.Set(keystest.Ring(t, "one", "two 2000-01-02T00:00:00Z"))
				time.Sleep(time.Hour + time.Minute)
				assert.True(t, has(w, "two"))
				assert.ElementsMatch(t, []string{"change: 2 keys", "recovery"}, e.take())
			})
		})
	}
}

func TestFlappingSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		w, e := watch(t, src, keys.WatcherOptions{})
		src.Flap(errDown)
		for range 6 {
			w.Refresh(t.Context())
			assert.True(t, has(w, "one"))
		}
		down, up := "failure: the source is down", "recovery"
		assert.Equal(t, []string{down, up, down, up, down, up}, e.take())
	})
}

// A load that has begun may have read before a change: who asks then gets another.
func TestRefreshSeesWhatCameBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		w, _ := watch(t, src, keys.WatcherOptions{})
		src.Delay(time.Second)
		go w.Refresh(t.Context())
		synctest.Wait() // it is under way
		src.Set(keystest.Ring(t, "two"))
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				assert.NoError(t, w.Refresh(t.Context()))
				assert.True(t, has(w, "two"))
			})
		}
		all.Wait()
		assert.Equal(t, 3, src.Loads(), "the first, the one under way, and one for all fifty")

		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		assert.ErrorIs(t, w.Refresh(ctx), context.DeadlineExceeded)
		synctest.Wait()
		time.Sleep(time.Second)
		assert.Equal(t, 4, src.Loads())
		_, err := w.Loaded()
		assert.NoError(t, err, "the load went on")
	})
}

func TestRevocationIsTheExceptionToCaution(t *testing.T) {
	lookup := func(w *keys.Watcher, name string) error {
		_, err := w.Ring().Lookup(keystest.Key(name).ID())
		return err
	}
	for _, tc := range []struct {
		name   string
		before []string
		after  []string
		signer string
		err    string
		report []string
	}{
		{"another key signs", []string{"one", "two 2020-01-01T00:00:00Z"}, []string{"one", "two 2020-01-01T00:00:00Z revoked"},
			"one", "", []string{"change: 2 keys"}},
		{"none is left", []string{"one"}, []string{"one revoked"},
			"none", "the new ring is used, but no session can be saved: keys: no key may sign now: the ring has no key that is not revoked", nil},
		{"the new ring has none that signs, the old one has", []string{"one", "two 2020-01-01T00:00:00Z"},
			[]string{"one revoked", "three 2999-01-01T00:00:00Z"},
			"two", "the new ring is not used, but for its revocations: keys: no key may sign now: the first to sign is", nil},
		{"the old ring is of no use either", []string{"one"}, []string{"one revoked", "three 2999-01-01T00:00:00Z"},
			"none", "the new ring is used, but no session can be saved", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			src := keystest.NewSource(keystest.Ring(t, tc.before...))
			w, e := watch(t, src, keys.WatcherOptions{})
			src.Set(keystest.Ring(t, tc.after...))
			for range 2 {
				err := w.Refresh(t.Context())
				if tc.err == "" {
					assert.NoError(t, err)
				} else {
					assert.ErrorContains(t, err, tc.err)
				}
			}
			assert.Equal(t, tc.signer, signs(w, "one", "two", "three"))
			reports := e.take()
			if tc.err == "" {
				assert.Equal(t, tc.report, reports)
			} else {
				require.Len(t, reports, 2, "%v", reports)
				assert.Contains(t, reports[0], "change")
				assert.Contains(t, reports[1], "failure")
			}

			// An old copy does not take the revocation back.
			src.Set(keystest.Ring(t, tc.before...))
			w.Refresh(t.Context())
			revoked := "one"
			if tc.signer == "one" {
				revoked = "two"
			}
			assert.ErrorIs(t, lookup(w, revoked), keys.ErrRevoked)
			// Nor do a ring without the key, and one that has it again.
			src.Set(keystest.Ring(t, "four"))
			require.NoError(t, w.Refresh(t.Context()))
			assert.ErrorIs(t, lookup(w, revoked), keys.ErrUnknown)
			src.Set(keystest.Ring(t, "four", revoked+" 2020-01-01T00:00:00Z"))
			require.NoError(t, w.Refresh(t.Context()))
			assert.ErrorIs(t, lookup(w, revoked), keys.ErrRevoked)
			assert.Equal(t, "four", signs(w, "one", "two", "four"))
		})
	}
}

func TestNotBeforeThatHasPassedStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // its clock begins on 2000-01-01 at 00:00
		at := func(instant string) time.Time {
			parsed, err := time.Parse(time.RFC3339, instant)
			require.NoError(t, err)
			return parsed
		}
		src := keystest.NewSource(keystest.Ring(t, "one"))
		w, _ := watch(t, src, keys.WatcherOptions{})
		load := func(lines ...string) time.Time {
			src.Set(keystest.Ring(t, lines...))
			require.NoError(t, w.Refresh(t.Context()))
			return w.Ring().NotBefore()
		}
		assert.Equal(t, at("2000-01-02T00:00:00Z"), load("one", "not-before 2000-01-02T00:00:00Z"))
		assert.Zero(t, load("one"), "it had not passed: it may be thought better of")
		load("one", "not-before 2000-01-02T00:00:00Z")
		time.Sleep(25 * time.Hour)
		assert.Equal(t, at("2000-01-02T00:00:00Z"), load("one"))
		assert.Equal(t, at("2000-01-02T00:00:00Z"), load("one", "not-before 2000-01-01T00:00:00Z"))
		assert.Equal(t, at("2000-01-03T00:00:00Z"), load("one", "not-before 2000-01-03T00:00:00Z"))
		assert.Equal(t, at("2000-01-02T00:00:00Z"), func() time.Time {
			w, _ := watch(t, keystest.NewSource(keystest.Ring(t, "one", "not-before 2000-01-02T00:00:00Z")), keys.WatcherOptions{})
			return w.Ring().NotBefore()
		}())

		// A ring that is not used for lack of a signer ends sessions all the same.
		src.Set(keystest.Ring(t, "two 2999-01-01T00:00:00Z", "not-before 2000-01-01T12:00:00Z"))
		w, _ = watch(t, keystest.NewSource(keystest.Ring(t, "one")), keys.WatcherOptions{})
		assert.Zero(t, w.Ring().NotBefore())
		src2 := keystest.NewSource(keystest.Ring(t, "one"))
		w, _ = watch(t, src2, keys.WatcherOptions{})
		src2.Set(keystest.Ring(t, "two 2999-01-01T00:00:00Z", "not-before 2000-01-01T12:00:00Z"))
		require.ErrorIs(t, w.Refresh(t.Context()), keys.ErrNoSigner)
		assert.Equal(t, at("2000-01-01T12:00:00Z"), w.Ring().NotBefore())
		assert.Equal(t, "one", signs(w, "one", "two"))
	})
}

// A function is frozen between two requests: no goroutine runs, and days go by.
func TestThaw(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		w, e := watch(t, src, keys.WatcherOptions{RefreshAfter: time.Minute, MaxAge: 24 * time.Hour})
		time.Sleep(59 * time.Second)
		assert.Equal(t, "one", signs(w, "one", "two"))
		assert.Equal(t, 1, src.Loads(), "young enough")

		src.Set(keystest.Ring(t, "one", "two 2000-01-02T00:00:00Z"))
		src.Delay(100 * time.Millisecond)
		time.Sleep(72 * time.Hour)
		began := time.Now()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { assert.Equal(t, "two", signs(w, "one", "two"), "the very first request") })
		}
		all.Wait()
		assert.LessOrEqual(t, time.Since(began), 200*time.Millisecond)
		assert.LessOrEqual(t, src.Loads(), 3)

		// The source is down: the last good ring serves, and one load a second is tried.
		src.Delay(0)
		src.Fail(errDown)
		time.Sleep(12 * time.Hour)
		loads := src.Loads()
		for range 100 {
			assert.Equal(t, "two", signs(w, "one", "two"))
			time.Sleep(100 * time.Millisecond)
		}
		assert.InDelta(t, 10, src.Loads()-loads, 1)

		// ... until it is too old. Then nothing is signed with it, but it verifies.
		time.Sleep(12 * time.Hour)
		ring := w.Ring()
		_, err := ring.Signer(time.Now())
		require.ErrorIs(t, err, keys.ErrNoSigner)
		assert.ErrorContains(t, err, "the ring was last loaded at 2000-01-04T00:00:59Z, more than 24h0m0s ago, and the last load failed: the source is down")
		assert.True(t, has(w, "one"))
		assert.Equal(t, ring.Reveal(), keystest.Ring(t, "one", "two 2000-01-02T00:00:00Z").Reveal())

		src.Fail(nil)
		time.Sleep(time.Second)
		assert.Equal(t, "two", signs(w, "one", "two"))
		assert.Equal(t, []string{"change: 2 keys", "failure: the source is down", "recovery"}, e.take())
	})
}

// The clock of the machine may be set back while the process runs, and the monotonic
// clock may stand still while it does not.
func TestAgeGoesByBothClocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		var set time.Duration // the wall clock was set by that much
		watcher, err := keys.NewWatcher(t.Context(), src, keys.WatcherOptions{RefreshAfter: time.Minute, Now: func() time.Time {
			now := time.Now()
			if set > 0 {
				return now.Round(0).Add(set) // as after a freeze: no monotonic reading
			}
			return now
		}})
		require.NoError(t, err)
		watcher.Ring()
		assert.Equal(t, 1, src.Loads())
		set = time.Hour
		watcher.Ring()
		assert.Equal(t, 2, src.Loads())
	})
}

func TestRingThatDoesNotWaitForADeadSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		w, _ := watch(t, src, keys.WatcherOptions{RefreshAfter: time.Minute})
		src.Hang(24 * time.Hour)
		time.Sleep(2 * time.Minute)
		ask := func() time.Duration {
			began := time.Now()
			w.Ring()
			return time.Since(began)
		}
		assert.Equal(t, 2*time.Second, ask())
		for range 5 {
			assert.Zero(t, ask(), "the others do not wait for what did not come")
		}
		var waited time.Duration
		for range 600 {
			waited += ask()
			time.Sleep(time.Second)
		}
		assert.LessOrEqual(t, waited, 4*time.Second, "in ten minutes")
		assert.Equal(t, 2, src.Loads())
		time.Sleep(24 * time.Hour)
		synctest.Wait()
	})
}

func TestWatcherPrintsNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := watch(t, keystest.NewSource(keystest.Ring(t, "one", "two 2000-01-02T00:00:00Z")), keys.WatcherOptions{})
		synctest.Wait() // for the race detector: a dump reads the fields of locks
		texts := map[string]string{"JSON": encodeJSON(t, w)}
		for held, v := range holders(w) {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
				texts[verb+" of "+held] = fmt.Sprintf(verb, v)
			}
			texts["test failure of "+held] = testFailure(v)
			texts["slog of "+held] = logWith(newText, v)
		}
		for name, text := range texts {
			for _, key := range []string{"one", "two"} {
				secret := keystest.Key(key).Reveal()
				for i := 4; i+8 <= len(secret); i++ {
					require.NotContains(t, text, secret[i:i+8], name)
				}
			}
		}
		want := "keys.Watcher(2 keys: " + keystest.Key("one").ID().String() + ", " + keystest.Key("two").ID().String() +
			" from 2000-01-02T00:00:00Z; loaded 2000-01-01T00:00:00Z)"
		assert.Equal(t, want, fmt.Sprintf("%+v", w))
		assert.Contains(t, logWith(newText, w), want)
	})
}

// Everything at once, for the race detector.
func TestWatcherUnderLoad(t *testing.T) {
	rings := []*keys.Ring{
		keystest.Ring(t, "one"),
		keystest.Ring(t, "one", "two 2020-01-01T00:00:00Z"),
		keystest.Ring(t, "two 2020-01-01T00:00:00Z", "three revoked"),
	}
	src := keystest.NewSource(rings[0])
	w, _ := watch(t, src, keys.WatcherOptions{RefreshAfter: time.Nanosecond})
	src.Flap(errDown)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() { w.Run(ctx, time.Millisecond) })
	var callers sync.WaitGroup
	for i := range 4 {
		callers.Go(func() {
			for n := range 300 {
				src.Set(rings[(i+n)%len(rings)])
				signer, err := w.Ring().Signer(time.Now())
				assert.NoError(t, err)
				w.Seen(signer.ID())
				w.Missing(ctx, keys.ID{byte(n), byte(n >> 8), byte(i), 1})
				w.Sightings()
				w.Loaded()
				_ = fmt.Sprint(w)
				w.Refresh(ctx)
			}
		})
	}
	callers.Wait()
	cancel()
	all.Wait()
}
