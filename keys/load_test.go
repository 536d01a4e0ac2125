package keys_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/keys/keystest"
)

// What a load brought is in place before the next one begins: an older answer, good or
// bad, never replaces a newer one.
func TestLoadsDoNotOvertakeEachOther(t *testing.T) {
	one, two := keystest.Ring(t, "one"), keystest.Ring(t, "one", "two 2000-01-01T00:00:00Z")
	for name, first := range map[string]error{"an older ring": nil, "an older failure": errDown} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for range 300 {
					var loads atomic.Int32
					gate := make(chan struct{})
					w, _ := watch(t, keys.SourceFunc(func(context.Context) (*keys.Ring, error) {
						switch loads.Add(1) {
						case 1:
							return one, nil
						case 2:
							<-gate
							return one, first // it read before the change
						}
						return two, nil
					}), keys.WatcherOptions{})
					var both sync.WaitGroup
					both.Go(func() { w.Refresh(t.Context()) })
					synctest.Wait()
					both.Go(func() { assert.NoError(t, w.Refresh(t.Context())) })
					synctest.Wait()
					close(gate)
					both.Wait()
					require.True(t, has(w, "two"))
					_, err := w.Loaded()
					require.NoError(t, err)
				}
			})
		})
	}
}

// A load has all of its time, however long it waited for its turn.
func TestTheTurnDoesNotCountAsTheLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		w, e := watch(t, src, keys.WatcherOptions{})
		src.Delay(6 * time.Second)
		go w.Refresh(t.Context())
		time.Sleep(time.Second)
		assert.NoError(t, w.Refresh(t.Context()))
		assert.Empty(t, e.take())
	})
}

// A slow source under a flood of made-up IDs is still loaded by its schedule.
func TestFloodOfASlowSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		w, e := watch(t, src, keys.WatcherOptions{})
		ctx, stop := context.WithCancel(t.Context())
		go w.Run(ctx, 30*time.Second)
		src.Delay(9 * time.Second)
		var floods sync.WaitGroup
		for i := range 4 {
			floods.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					w.Missing(ctx, keys.ID{byte(i), byte(n >> 16), byte(n >> 8), byte(n)})
					time.Sleep(200 * time.Millisecond)
				}
			})
		}
		time.Sleep(20 * time.Second)
		src.Set(keystest.Ring(t, "one revoked", "two 2000-01-01T00:00:00Z"))
		time.Sleep(30*time.Second + 2*9*time.Second)
		assert.True(t, has(w, "two"))
		assert.Equal(t, []string{"change: 2 keys"}, e.take())
		stop()
		floods.Wait()
		time.Sleep(time.Minute)
	})
}

// What comes after the time-out comes late, and is taken: it may be a revocation.
func TestLateAnswerIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one", "two 2000-01-01T00:00:00Z"))
		w, e := watch(t, src, keys.WatcherOptions{})
		src.Set(keystest.Ring(t, "one", "two 2000-01-01T00:00:00Z revoked"))
		src.Hang(11 * time.Second)
		require.ErrorContains(t, w.Refresh(t.Context()), "did not answer within 10s")
		assert.Equal(t, "two", signs(w, "one", "two"))
		time.Sleep(2 * time.Second)
		assert.Equal(t, "one", signs(w, "one", "two"))
		reports := e.take()
		require.Len(t, reports, 3)
		assert.Contains(t, reports[0], "failure")
		assert.Equal(t, []string{"change: 2 keys", "recovery"}, reports[1:])
	})
}

// That no session can be saved is told even where loads had failed before.
func TestNoSignerIsReportedAfterOtherFailures(t *testing.T) {
	src := keystest.NewSource(keystest.Ring(t, "one"))
	w, e := watch(t, src, keys.WatcherOptions{})
	src.Fail(errDown)
	w.Refresh(t.Context())
	src.Fail(nil)
	src.Set(keystest.Ring(t, "one revoked"))
	for range 3 {
		require.ErrorIs(t, w.Refresh(t.Context()), keys.ErrNoSigner)
	}
	reports := e.take()
	require.Len(t, reports, 3, "%v", reports)
	assert.Contains(t, reports[2], "no session can be saved")
}

// After a hang, requests wait again for a source that is well again.
func TestRequestsWaitAgainAfterAHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		w, _ := watch(t, src, keys.WatcherOptions{RefreshAfter: time.Minute, MaxAge: 7 * 24 * time.Hour})
		src.Hang(time.Minute)
		time.Sleep(2 * time.Minute)
		w.Ring()
		w.Missing(t.Context(), keys.ID{1})
		time.Sleep(18 * time.Second) // it has timed out, and the source is still in it
		w.Ring()
		w.Missing(t.Context(), keys.ID{2})
		src.Delay(10 * time.Millisecond)
		src.Set(keystest.Ring(t, "one", "two 2000-01-02T00:00:00Z"))
		time.Sleep(time.Hour)
		assert.True(t, w.Missing(t.Context(), idOf("two")))

		src.Set(keystest.Ring(t, "two", "three 2000-01-03T00:00:00Z"))
		time.Sleep(72 * time.Hour) // frozen
		assert.Equal(t, "three", signs(w, "two", "three"), "the first request after it")
	})
}

// frozen is a clock of the machine that went on while the process did not.
func frozen() (now func() time.Time, forward func(time.Duration)) {
	var by atomic.Int64
	return func() time.Time { return time.Now().Add(time.Duration(by.Load())) }, func(d time.Duration) { by.Add(int64(d)) }
}

// What was under way, or had just failed, at the moment of the freeze does not keep the
// first request after it from loading.
func TestThawAfterTrouble(t *testing.T) {
	for name, trouble := range map[string]func(t *testing.T, w *keys.Watcher, src *keystest.Source, forward func(time.Duration)){
		"a load that dies with the thaw": func(t *testing.T, w *keys.Watcher, src *keystest.Source, forward func(time.Duration)) {
			src.Fail(errors.New("connection reset by peer"))
			src.Delay(time.Second)
			gone, leave := context.WithTimeout(t.Context(), time.Millisecond)
			defer leave()
			w.Missing(gone, keys.ID{9}) // its client went away
			forward(72 * time.Hour)
			time.Sleep(time.Second)
		},
		"a load of an old ring that dies with the thaw": func(t *testing.T, w *keys.Watcher, src *keystest.Source, forward func(time.Duration)) {
			forward(2 * time.Minute)
			src.Fail(errors.New("connection reset by peer"))
			src.Delay(3 * time.Second)
			go w.Ring()
			time.Sleep(time.Second)
			forward(72 * time.Hour)
			time.Sleep(2500 * time.Millisecond)
		},
		"a request that gave up": func(t *testing.T, w *keys.Watcher, src *keystest.Source, forward func(time.Duration)) {
			forward(2 * time.Minute)
			src.Delay(3 * time.Second)
			w.Ring()
			forward(72 * time.Hour)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now, forward := frozen()
				src := keystest.NewSource(keystest.Ring(t, "one"))
				w, _ := watch(t, src, keys.WatcherOptions{RefreshAfter: time.Minute, MaxAge: 7 * 24 * time.Hour, Now: now})
				trouble(t, w, src, forward)
				src.Fail(nil)
				src.Delay(10 * time.Millisecond)
				src.Set(keystest.Ring(t, "one", "two 2000-01-02T00:00:00Z"))
				signer, err := w.Ring().Signer(now())
				require.NoError(t, err)
				assert.Equal(t, idOf("two"), signer.ID(), "the first request after the thaw")
				time.Sleep(time.Minute)
			})
		})
	}
}

// All requests that meet an old ring wait for one load.
func TestOldRingIsLoadedOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		w, _ := watch(t, src, keys.WatcherOptions{RefreshAfter: time.Minute})
		src.Delay(900 * time.Millisecond)
		time.Sleep(2 * time.Minute)
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				began := time.Now()
				w.Ring()
				assert.LessOrEqual(t, time.Since(began), 900*time.Millisecond)
			})
		}
		all.Wait()
		assert.Equal(t, 2, src.Loads())
	})
}

func TestFailingSourceIsAskedOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		w, _ := watch(t, src, keys.WatcherOptions{RefreshAfter: time.Minute})
		time.Sleep(time.Hour)
		src.Fail(errDown)
		src.Delay(50 * time.Millisecond)
		end := time.Now().Add(20 * time.Second)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				for time.Now().Before(end) {
					w.Ring()
					time.Sleep(10 * time.Millisecond)
				}
			})
		}
		all.Wait()
		assert.LessOrEqual(t, src.Loads(), 1+21)
	})
}

// A source that does not answer holds up ten requests once, and not again in ten minutes, whether
// it heeds its context or not.
func TestDeadSourceHoldsUpFewRequests(t *testing.T) {
	for name, dead := range map[string]func(*keystest.Source, time.Duration){
		"heeds its context": (*keystest.Source).Delay,
		"does not":          (*keystest.Source).Hang,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := keystest.NewSource(keystest.Ring(t, "one"))
				w, _ := watch(t, src, keys.WatcherOptions{RefreshAfter: time.Minute})
				dead(src, 24*time.Hour)
				time.Sleep(2 * time.Minute)
				end := time.Now().Add(9 * time.Minute)
				var waited atomic.Int64
				var all sync.WaitGroup
				for range 10 {
					all.Go(func() {
						for time.Now().Before(end) {
							began := time.Now()
							w.Ring()
							w.Missing(t.Context(), keys.ID{1})
							if took := time.Since(began); took > 0 {
								assert.LessOrEqual(t, took, 2*time.Second)
								waited.Add(1)
							}
							time.Sleep(time.Second)
						}
					})
				}
				all.Wait()
				assert.Equal(t, int64(10), waited.Load())
				time.Sleep(25 * time.Hour)
			})
		})
	}
}

// While the source hangs, requests leave nothing behind.
func TestRequestsLeaveNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		w, _ := watch(t, src, keys.WatcherOptions{RefreshAfter: time.Minute})
		src.Hang(8 * time.Second)
		time.Sleep(2 * time.Minute)
		w.Ring() // in vain
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for range 100_000 {
			w.Ring()
			w.Missing(t.Context(), keys.ID{1})
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		assert.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(1<<20))
		time.Sleep(time.Minute)
	})
}

// A Watcher may be the source of another.
func TestWatcherOfAWatcher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		first, _ := watch(t, src, keys.WatcherOptions{MaxAge: time.Hour})
		src.Fail(errDown)
		time.Sleep(2 * time.Hour)
		second, _ := watch(t, keys.SourceFunc(func(context.Context) (*keys.Ring, error) { return first.Ring(), nil }), keys.WatcherOptions{})
		assert.Equal(t, "none", signs(second, "one"))
		src.Fail(nil)
		time.Sleep(2 * time.Second)
		require.NoError(t, second.Refresh(t.Context()))
		assert.Equal(t, "one", signs(second, "one"))
	})
}

// Hooks may use the Watcher that calls them.
func TestHooksMayUseTheWatcher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		var w *keys.Watcher
		var calls atomic.Int32
		use := func() {
			calls.Add(1)
			w.Ring()
			w.Loaded()
			w.Sightings()
			w.Refresh(context.Background())
		}
		w, err := keys.NewWatcher(t.Context(), src, keys.WatcherOptions{
			OnFailure:  func(error) { use() },
			OnChange:   func(*keys.Ring) { use() },
			OnRecovery: func(time.Time) { use() },
			OnSeen:     func(keys.ID) { use() },
		})
		require.NoError(t, err)
		src.Fail(errDown)
		w.Refresh(t.Context())
		src.Fail(nil)
		src.Set(keystest.Ring(t, "one", "two 2000-01-01T00:00:00Z"))
		require.NoError(t, w.Refresh(t.Context()))
		w.Seen(idOf("one"))
		assert.Equal(t, int32(4), calls.Load())
	})
}
