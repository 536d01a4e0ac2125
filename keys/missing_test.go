package keys_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/keys/keystest"
)

func idOf(name string) keys.ID { return keystest.Key(name).ID() }

func TestMissingFindsANewKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		w, _ := watch(t, src, keys.WatcherOptions{})
		assert.True(t, w.Missing(t.Context(), idOf("one")), "it came meanwhile")
		assert.False(t, w.Missing(t.Context(), idOf("two")))
		loads := src.Loads()

		// All who ask for one ID wait for one load.
		time.Sleep(time.Minute)
		src.Set(keystest.Ring(t, "one", "two 2000-01-01T00:00:10Z", "leaked revoked"))
		src.Delay(time.Second)
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { assert.True(t, w.Missing(t.Context(), idOf("two"))) })
		}
		all.Wait()
		assert.Equal(t, loads+1, src.Loads())
		assert.True(t, w.Missing(t.Context(), idOf("leaked")), "a revoked key is not unknown")
		assert.True(t, w.Missing(t.Context(), keys.ID{1}, idOf("two")), "one of them")
	})
}

// A client that keeps sending a cookie under a key that is long gone must not use
// up the loads that a new key needs.
func TestMissingDoesNotAskTwiceForOneID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		w, _ := watch(t, src, keys.WatcherOptions{})
		for range 100 {
			assert.False(t, w.Missing(t.Context(), idOf("gone")))
		}
		assert.Equal(t, 2, src.Loads())
		src.Set(keystest.Ring(t, "one", "two 2000-01-01T00:00:00Z"))
		assert.True(t, w.Missing(t.Context(), idOf("two")))
		for range 10 {
			time.Sleep(time.Second)
			assert.False(t, w.Missing(t.Context(), idOf("gone")))
		}
		assert.Equal(t, 5, src.Loads(), "once in five seconds")
	})
}

// A look that failed, as at a file that was half written, is no answer.
func TestMissingAsksAgainAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		w, _ := watch(t, src, keys.WatcherOptions{})
		src.Set(keystest.Ring(t, "one", "two 2000-01-01T00:00:00Z"))
		src.Fail(errDown)
		assert.False(t, w.Missing(t.Context(), idOf("two")))
		synctest.Wait()
		src.Fail(nil)
		assert.True(t, w.Missing(t.Context(), idOf("two")))
	})
}

// Many IDs over a long time do not make it forget the ones of the last seconds.
func TestMissingRemembersTheLastSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		w, _ := watch(t, src, keys.WatcherOptions{})
		for i := range 2000 {
			w.Missing(t.Context(), keys.ID{1, byte(i >> 8), byte(i)})
			time.Sleep(time.Second)
		}
		for i := range 300 {
			before := src.Loads()
			w.Missing(t.Context(), keys.ID{2, byte(i >> 8), byte(i)})
			w.Missing(t.Context(), keys.ID{3, byte(i >> 8), byte(i)})
			w.Missing(t.Context(), keys.ID{2, byte(i >> 8), byte(i)})
			require.Equal(t, 2, src.Loads()-before)
			time.Sleep(10 * time.Second)
		}
	})
}

// flood asks for made-up IDs, n in all and evenly over the time.
func flood(ctx context.Context, w *keys.Watcher, n int, over time.Duration) {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		word := random.Uint32()
		w.Missing(ctx, keys.ID{byte(word), byte(word >> 8), byte(word >> 16), byte(word >> 24)})
		if i%100 == 0 {
			time.Sleep(over * 100 / time.Duration(n))
		}
	}
}

// TestFlood is the promise of Missing: at most five loads at once and one a second. The
// schedule is kept all the same.
func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const every = 30 * time.Second
		old, next := keystest.Ring(t, "old"), keystest.Ring(t, "old", "new 2000-01-01T00:05:00Z")
		// Three instances, each with the same source, that load at different times.
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var instances []*keys.Watcher
		var sources []*keystest.Source
		for i := range 3 {
			src := keystest.NewSource(old)
			src.Delay(20 * time.Millisecond)
			w, _ := watch(t, src, keys.WatcherOptions{})
			instances, sources = append(instances, w), append(sources, src)
			go func() {
				time.Sleep(time.Duration(i) * 7 * time.Second)
				w.Run(ctx, every)
			}()
		}
		const over = 100 * time.Second
		began := time.Now()
		var floods sync.WaitGroup
		for _, w := range instances {
			floods.Go(func() { flood(ctx, w, 100_000, over) })
		}
		time.Sleep(40 * time.Second)
		for _, src := range sources {
			src.Set(next)
		}
		added := time.Now()
		for i, w := range instances {
			require.Eventually(t, func() bool { return has(w, "new") }, every+time.Second, time.Second, "instance %d", i)
		}
		assert.LessOrEqual(t, time.Since(added), every+time.Second)
		floods.Wait()
		took := time.Since(began)
		assert.InDelta(t, over.Seconds(), took.Seconds(), 10)
		for _, src := range sources {
			bound := 5 + int(took/time.Second) + 1
			scheduled := 1 + int(took/every) + 1
			assert.LessOrEqual(t, src.Loads(), bound+scheduled, "for 100,000 made-up IDs")
			assert.Greater(t, src.Loads(), int(took/time.Second)/2, "the bound is what held them back")
		}

		// At the instant all sign with the new key.
		time.Sleep(time.Until(time.Date(2000, 1, 1, 0, 5, 0, 0, time.UTC)))
		for _, w := range instances {
			assert.Equal(t, "new", signs(w, "old", "new"))
		}
	})
}

// A client that goes away ends its own waiting, and nothing else.
func TestMissingIsNotCancelledForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		w, _ := watch(t, src, keys.WatcherOptions{})
		src.Set(keystest.Ring(t, "one", "two 2000-01-01T00:00:10Z"))
		src.Delay(time.Second)
		gone, leave := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer leave()
		var all sync.WaitGroup
		all.Go(func() {
			began := time.Now()
			assert.False(t, w.Missing(gone, idOf("two")))
			assert.Equal(t, 100*time.Millisecond, time.Since(began))
		})
		synctest.Wait()
		all.Go(func() { assert.True(t, w.Missing(t.Context(), idOf("two"))) })
		all.Wait()
		assert.Equal(t, 2, src.Loads())
	})
}

// While the source hangs, requests with unknown keys are held up for two seconds
// once, and not each of them.
func TestMissingWaitsBoundedly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one"))
		w, e := watch(t, src, keys.WatcherOptions{})
		src.Hang(time.Minute)
		ask := func(id keys.ID) time.Duration {
			began := time.Now()
			assert.False(t, w.Missing(t.Context(), id))
			return time.Since(began)
		}
		assert.Equal(t, 2*time.Second, ask(keys.ID{1}))
		for i := range 20 {
			assert.Zero(t, ask(keys.ID{2, byte(i)}))
		}
		time.Sleep(10 * time.Second)
		assert.Len(t, e.take(), 1)
		assert.Equal(t, 2, src.Loads())

		src.Delay(0)
		src.Set(keystest.Ring(t, "one", "two 2000-01-01T00:05:00Z"))
		time.Sleep(time.Minute)
		assert.True(t, w.Missing(t.Context(), idOf("two")), "it is well again")
		time.Sleep(time.Minute)
		synctest.Wait()
	})
}
