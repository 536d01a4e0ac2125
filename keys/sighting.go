package keys

import (
	"sync/atomic"
	"time"
)

// A Sighting says how often this process has seen a key on a cookie that opened.
type Sighting struct {
	ID    ID
	Count uint64    // since the process has had the key
	Last  time.Time // in whole seconds; zero: not seen
}

// tally counts without a lock.
type tally struct {
	count atomic.Uint64
	last  atomic.Int64 // Unix seconds
}

// Seen says that a session was opened whose cookie bears the key. The codec calls it
// for each. It takes no lock and does not allocate.
func (w *Watcher) Seen(id ID) {
	t := w.current.Load().seen[id.number()]
	if t == nil {
		return // the ring lost the key a moment ago
	}
	t.count.Add(1)
	if now := w.opts.Now().Unix(); t.last.Load() != now {
		t.last.Store(now)
	}
	w.opts.OnSeen(id)
}

// Sightings tells of each key of the ring how often it was seen, in the order of [Ring.Status].
// A key that [Ring.Status] calls retired, and that no instance has seen for some days,
// may go. A key that is still seen long after another has overtaken it means that an instance
// still signs with it, or that the lifetime was longer than you thought.
func (w *Watcher) Sightings() []Sighting {
	h := w.current.Load()
	all := make([]Sighting, 0, len(h.ring.entries))
	for _, entry := range h.ring.entries {
		t := h.seen[entry.Key.id.number()]
		s := Sighting{ID: entry.Key.id, Count: t.count.Load()}
		if last := t.last.Load(); last != 0 {
			s.Last = time.Unix(last, 0).UTC()
		}
		all = append(all, s)
	}
	return all
}
