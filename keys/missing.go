package keys

import (
	"context"
	"time"

	"golang.org/x/sync/singleflight"
)

// Loads for unknown keys: at most paceBurst at once, then one each pacePerLoad, and
// for one ID not again within askAgain. maxLooks bounds what is remembered.
const (
	pacePerLoad = time.Second
	paceBurst   = 5
	askAgain    = 5 * time.Second
	maxLooks    = 1024
)

// A look is a load for the sake of an unknown ID.
type look struct {
	until  time.Time // from then on the ID is worth another
	result chan singleflight.Result
}

// Missing says that a cookie bears one of these keys, and the ring has none of them. It reports
// whether the ring has one now: it may load once more, and waits for that, at most 2 seconds, and
// not after ctx is done. A client that goes away ends its own waiting and nothing else.
//
// An instance that has not loaded a new key yet learns of it in this way, from the first
// cookie that bears it. IDs are not authenticated, and anybody can make them up. So all IDs together
// cause at most 5 loads at once and one a second from then on, and one ID causes one
// each 5 seconds. Who asks for an ID that is being looked for waits for the same load. If a load does
// not come back, only the first wait for it.
//
// This mends a rotation that was scheduled too close. It does not replace the schedule: while
// somebody sends many made-up IDs, a real one may not be looked for.
func (w *Watcher) Missing(ctx context.Context, ids ...ID) bool {
	if l := w.lookFor(ids); l != nil {
		w.wait(ctx, l.result)
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
	if len(w.looks) >= maxLooks {
		clear(w.looks)
	}
	l := &look{until: now.Add(askAgain), result: make(chan singleflight.Result)}
	for _, id := range unasked {
		w.looks[id.number()] = l
	}
	loaded := w.flight.DoChan("", w.load)
	go func() {
		<-loaded
		close(l.result) // for all who wait
	}()
	return l
}

// wait waits for a load, unless somebody has waited for it in vain.
func (w *Watcher) wait(ctx context.Context, loaded <-chan singleflight.Result) {
	number := w.ended.Load() + 1
	if w.slow.Load() == number {
		return
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-loaded:
	case <-ctx.Done():
	case <-timer.C:
		w.slow.Store(number)
	}
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
