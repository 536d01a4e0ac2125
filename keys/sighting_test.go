package keys_test

import (
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

func TestSightings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := keystest.NewSource(keystest.Ring(t, "one", "two 2000-01-01T00:00:00Z"))
		var hook atomic.Int64
		w, err := keys.NewWatcher(t.Context(), src, keys.WatcherOptions{OnSeen: func(id keys.ID) {
			assert.Contains(t, []keys.ID{idOf("one"), idOf("two")}, id)
			hook.Add(1)
		}})
		require.NoError(t, err)
		assert.Equal(t, []keys.Sighting{{ID: idOf("one")}, {ID: idOf("two")}}, w.Sightings())

		w.Seen(idOf("one"))
		once := time.Now().UTC()
		time.Sleep(time.Hour)
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				for range 100 {
					w.Seen(idOf("two"))
				}
			})
		}
		all.Wait()
		w.Seen(idOf("unknown"))
		want := []keys.Sighting{{idOf("one"), 1, once}, {idOf("two"), 1000, once.Add(time.Hour)}}
		assert.Equal(t, want, w.Sightings())
		assert.Equal(t, int64(1001), hook.Load())

		// A change of the ring does not forget what was seen of the keys that stay.
		src.Set(keystest.Ring(t, "two", "three 2000-01-02T00:00:00Z"))
		require.NoError(t, w.Refresh(t.Context()))
		assert.Equal(t, []keys.Sighting{want[1], {ID: idOf("three")}}, w.Sightings())
	})
}

func TestTheHotPathDoesNotAllocate(t *testing.T) {
	w, _ := watch(t, keystest.NewSource(keystest.Ring(t, "one")), keys.WatcherOptions{})
	id := idOf("one")
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		w.Seen(id)
		if _, err := w.Ring().Lookup(id); err != nil {
			t.Error(err)
		}
	}))
}
