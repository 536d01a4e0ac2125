package keys

import (
	"context"
	"maps"
	"time"
)

// Loads for unknown keys: at most paceBurst at once, then one each pacePerLoad, and
// for one ID not again within askAgain, unless it failed.
const (
	pacePerLoad = time.Second
	paceBurst   = 5
	askAgain    = 5 * time.Second
	manyLooks   = 256 // from here on those that are over are dropped
)

// Missing says that a cookie bears one of these keys, and the ring has none of them. It reports
// whether the ring has one now: it may load once more, and waits for that, at most 2 seconds, and
// not after ctx is done. A client that goes away ends its own waiting and nothing else.
//
// An instance that has not loaded a new key yet learns of it in this way, from the first
// cookie that bears it. IDs are not authenticated, and anybody can make them up. So all IDs together
// cause at most 5 loads at once and one a second from then on, and one ID causes one
// each 5 seconds, or another if that failed. Who asks for an ID that is being looked for waits for
// the same load. When somebody has waited in vain, nobody waits until the source has answered, or
// ten minutes are over.
//
// This mends a rotation that was scheduled too close. It does not replace the schedule: while
// somebody sends many made-up IDs, a real one may not be looked for.
func (w *Watcher) Missing(ctx context.Context, ids ...ID) bool {
	if l := w.lookFor(ids); l != nil {
		w.wait(ctx, l)
	}
	ring := w.current.Load().ring
	for _, id := range ids {
		if _, err := ring.Lookup(id); err != ErrUnknown {
			return true
		}
	}
	return false
}

// lookFor returns the load to wait for, if there is one.
func (w *Watcher) lookFor(ids []ID) *look {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	var pending *look
	var unasked []ID
	for _, id := range ids {
		l := w.looks[id.number()]
		switch {
		case l == nil || !now.Before(l.until):
			unasked = append(unasked, id)
		case pending == nil || l.until.After(pending.until):
			pending = l
		}
	}
	if len(unasked) == 0 || !w.pace.allow(now) {
		return pending
	}
	if len(w.looks) >= manyLooks {
		maps.DeleteFunc(w.looks, func(_ uint32, l *look) bool { return !now.Before(l.until) })
	}
	l := w.look()
	for _, id := range unasked {
		w.looks[id.number()] = l
	}
	return l
}

// pace allows some events at once and then one at each interval.
type pace struct{ next time.Time }

func (p *pace) allow(now time.Time) bool {
	if p.next.Before(now) {
		p.next = now
	}
	if p.next.Sub(now) > (paceBurst-1)*pacePerLoad {
		return false
	}
	p.next = p.next.Add(pacePerLoad)
	return true
}
