package main

import (
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fixed are samples of a cell with these times.
func fixed(ns ...float64) []sample {
	var all []sample
	for _, v := range ns {
		all = append(all, sample{n: 1, ns: v, allocs: 2, bytes: 3})
	}
	return all
}

func TestMedian(t *testing.T) {
	same := func(v float64) float64 { return v }
	assert.Equal(t, 2.0, median([]float64{3, 1, 2}, same))
	assert.Equal(t, 2.5, median([]float64{4, 1, 3, 2}, same))
	assert.True(t, math.IsNaN(median(nil, same)))
}

// TestRatio: a machine that slows down for one round changes no ratio.
func TestRatio(t *testing.T) {
	a, b := key{"Read", "payload=tiny", "a"}, key{"Read", "payload=tiny", "b"}
	all := samples{a: fixed(300, 30, 30), b: fixed(100, 10, 10)}
	assert.Equal(t, 3.0, all.ratio(a, b))
	assert.Equal(t, 30.0, all.ns(a))
	assert.Equal(t, 2.0, all.allocs(a))
	assert.True(t, math.IsNaN(all.ratio(a, key{})))
}

func TestMeasureAllTakesEveryCellInEveryRound(t *testing.T) {
	var kept []byte
	k := func(s string) key { return key{"Read", "payload=tiny", s} }
	groups := []group{{
		{key: k("a"), run: func(n int) {
			for range n {
				kept = make([]byte, 100)
			}
		}},
		{key: k("b"), run: func(n int) { time.Sleep(time.Duration(n)) }},
	}}
	var rounds []int
	all := measureAll(groups, 3, 100*time.Microsecond, func(round int) { rounds = append(rounds, round) })
	assert.Equal(t, []int{1, 2, 3}, rounds)
	require.Len(t, all, 2)
	assert.Len(t, all[k("a")], 3)
	assert.Len(t, all[k("b")], 3)
	assert.Positive(t, all.ns(k("a")))
	assert.GreaterOrEqual(t, all.allocs(k("a")), 0.9)
	assert.Len(t, kept, 100)
}

func TestTogetherSharesTheWork(t *testing.T) {
	for _, procs := range []int{1, 2, 3} {
		var done atomic.Int64
		run := together(procs, func() func(int) { return func(n int) { done.Add(int64(n)) } })
		for n := range 10 {
			done.Store(0)
			run(n)
			assert.EqualValues(t, n, done.Load(), "%d workers", procs)
		}
	}
}
