package main

import (
	"slices"
	"time"

	"github.com/cookiesession/go/keys"
)

// A timeline is a ring laid out over time, to be drawn.
type timeline struct {
	now       time.Time
	notBefore time.Time // zero: none
	rows      []row
	axis      axis
}

// A row is one key.
type row struct {
	keys.Status
	stretches []stretch
}

// A stretch is a time during which a key has one state.
type stretch struct {
	state    keys.State
	from, to time.Time // zero: it has no beginning, or no end
}

// newTimeline lays out a ring. What happens takes at least this share of the
// width from the one before it, where that can be.
func newTimeline(all []keys.Status, notBefore, now time.Time, least float64) timeline {
	t := timeline{now: now, notBefore: notBefore}
	instants := []time.Time{now, notBefore}
	for _, s := range all {
		t.rows = append(t.rows, row{s, stretches(s, now)})
		instants = append(instants, s.From, s.Until, s.Retires)
	}
	t.axis = newAxis(instants, least)
	return t
}

func stretches(s keys.Status, now time.Time) []stretch {
	if s.State == keys.Revoked {
		return []stretch{{keys.Revoked, s.From, time.Time{}}}
	}
	all := []stretch{{keys.Signing, s.From, s.Until}}
	if s.State == keys.Scheduled {
		all = append(all, stretch{keys.Scheduled, now, s.From})
	}
	if !s.Until.IsZero() {
		all = append(all, stretch{keys.Accepting, s.Until, s.Retires})
	}
	if !s.Retires.IsZero() {
		all = append(all, stretch{keys.Retired, s.Retires, time.Time{}})
	}
	return all
}

// states are those that are drawn, in the order of a key's life.
func (t timeline) states() []keys.State {
	var all []keys.State
	for _, r := range t.rows {
		for _, s := range r.stretches {
			if !slices.Contains(all, s.state) {
				all = append(all, s.state)
			}
		}
	}
	slices.Sort(all)
	return all
}

// looks are how the states are drawn and explained.
var looks = map[keys.State]struct {
	cell, color string  // in a chart, the colour for terminals that have it
	thick       float64 // in a picture
	means       string
}{
	keys.Scheduled: {"░", "\x1b[36m", 14, "scheduled, verifies already"},
	keys.Signing:   {"█", "\x1b[32m", 22, "signs"},
	keys.Accepting: {"▒", "\x1b[33m", 14, "accepts: verifies old sessions"},
	keys.Retired:   {"·", "\x1b[90m", 3, "retired, may be removed"},
	keys.Revoked:   {"╳", "\x1b[31m", 14, "revoked"},
}

const (
	limitMeans = "sessions begun before are refused"
	breakMeans = "drawn shorter"
)

// An axis gives each instant its place, from 0 to 1. It is linear, but a
// stretch much longer than the others is drawn shorter, and is broken.
type axis struct {
	instants []time.Time
	places   []float64
	broken   []bool // of the gap after the instant with the same index
}

// margin is left at both ends, for what has no beginning or no end.
const margin = 0.08

// together is how close instants are that need not be told apart.
const together = time.Minute

func newAxis(instants []time.Time, least float64) axis {
	instants = slices.DeleteFunc(slices.Clone(instants), time.Time.IsZero)
	slices.SortFunc(instants, time.Time.Compare)
	instants = slices.CompactFunc(instants, time.Time.Equal)
	a := axis{instants: instants, places: []float64{0.5}, broken: make([]bool, len(instants))}
	if len(instants) == 1 {
		return a
	}
	gaps := make([]float64, len(instants)-1)
	shortest, longest := 0.0, 0.0
	for i := range gaps {
		gap := instants[i+1].Sub(instants[i])
		gaps[i] = float64(gap)
		longest = max(longest, gaps[i])
		if gap > together && (shortest == 0 || gaps[i] < shortest) {
			shortest = gaps[i]
		}
	}
	if shortest == 0 {
		shortest = longest
	}
	// No gap is drawn longer than most, which shrinks until the shortest can be seen.
	most := longest
	width := func() (sum float64) {
		for _, gap := range gaps {
			sum += min(gap, most)
		}
		return sum
	}
	for shortest/width()*(1-2*margin) < least && most > shortest {
		most = max(most*0.95, shortest)
	}
	sum, x := width(), margin
	a.places[0] = x
	for i, gap := range gaps {
		a.broken[i] = gap > most
		x += min(gap, most) / sum * (1 - 2*margin)
		a.places = append(a.places, x)
	}
	return a
}

// place is where an instant of the axis stands. The zero Time is never.
func (a axis) place(t time.Time, never float64) float64 {
	if t.IsZero() {
		return never
	}
	i, _ := slices.BinarySearchFunc(a.instants, t, time.Time.Compare)
	return a.places[i]
}

// breaks are the middles of the broken gaps.
func (a axis) breaks() []float64 {
	var all []float64
	for i, broken := range a.broken {
		if broken {
			all = append(all, (a.places[i]+a.places[i+1])/2)
		}
	}
	return all
}

// A tick is a labelled instant.
type tick struct {
	place float64
	label string
}

// ticks are the instants but now, as short as they can be told apart.
func (t timeline) ticks() []tick {
	form := "Jan 2"
	instants := slices.DeleteFunc(slices.Clone(t.axis.instants), func(i time.Time) bool { return i.Equal(t.now) })
	for i, instant := range instants {
		switch {
		case i > 0 && instant.Format(time.DateOnly) == instants[i-1].Format(time.DateOnly) || instant.Sub(t.now).Abs() < 24*time.Hour:
			form = "Jan 2 15:04"
		case form == "Jan 2" && instant.Sub(t.now).Abs() > 300*24*time.Hour:
			form = "2006-01-02"
		}
	}
	var all []tick
	for _, instant := range instants {
		all = append(all, tick{t.axis.place(instant, 0), instant.Format(form)})
	}
	return all
}
