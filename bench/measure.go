package main

import (
	"runtime"
	"runtime/debug"
	"slices"
	"time"
)

// A sample is one measurement of a cell.
type sample struct {
	n      int     // how often it was done
	ns     float64 // for one time
	allocs float64
	bytes  float64
}

// set does f under the cell's settings.
func (c *cell) set(f func()) {
	if c.procs > 0 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(c.procs))
	}
	if c.gogc > 0 {
		defer debug.SetGCPercent(debug.SetGCPercent(c.gogc))
	}
	f()
}

// measure runs a cell n times.
func (c *cell) measure(n int) (s sample) {
	c.set(func() {
		runtime.GC()
		c.run(4) // a collection empties pools; under load they are seldom empty
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		c.run(n)
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		times := float64(n)
		s = sample{
			n:      n,
			ns:     float64(took.Nanoseconds()) / times,
			allocs: float64(after.Mallocs-before.Mallocs) / times,
			bytes:  float64(after.TotalAlloc-before.TotalAlloc) / times,
		}
	})
	return s
}

// times is how often a cell must run to take about d.
func (c *cell) times(d time.Duration) int {
	c.run(2) // pools and caches
	for n := 1; ; n *= 4 {
		if s := c.measure(n); s.ns*float64(n) > float64(d)/8 || n > 1<<28 {
			return max(1, int(float64(d)/s.ns))
		}
	}
}

// samples are all measurements, one of each round.
type samples map[key][]sample

// measureAll measures every group in rounds. Each round begins with another
// cell of the group, so that none is always first.
func measureAll(groups []group, rounds int, d time.Duration, progress func(round int)) samples {
	times := map[key]int{}
	for _, g := range groups {
		for i := range g {
			times[g[i].key] = g[i].times(d)
		}
	}
	all := samples{}
	for round := range rounds {
		progress(round + 1)
		for _, g := range groups {
			for i := range g {
				c := &g[(i+round)%len(g)]
				all[c.key] = append(all[c.key], c.measure(times[c.key]))
			}
		}
	}
	return all
}

func (all samples) has(k key) bool { return len(all[k]) > 0 }

func (all samples) ns(k key) float64 {
	return median(all[k], func(s sample) float64 { return s.ns })
}

func (all samples) allocs(k key) float64 {
	return median(all[k], func(s sample) float64 { return s.allocs })
}

// ratio is how many times as long as b a took: the median of the rounds' ratios.
func (all samples) ratio(a, b key) float64 {
	n := min(len(all[a]), len(all[b]))
	rounds := make([]float64, n)
	for i := range n {
		rounds[i] = all[a][i].ns / all[b][i].ns
	}
	return median(rounds, func(r float64) float64 { return r })
}

// median is NaN of nothing.
func median[T any](of []T, f func(T) float64) float64 {
	values := make([]float64, len(of))
	for i, v := range of {
		values[i] = f(v)
	}
	slices.Sort(values)
	n := len(values)
	if n == 0 {
		return nan
	}
	return (values[(n-1)/2] + values[n/2]) / 2
}
