package main

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"sync"
)

// What two processors give depends on the machine, and on how much is
// allocated: so two controls are measured beside every claim. One only computes,
// the other only allocates.
const (
	controlCPU   = "control-cpu"
	controlAlloc = "control-alloc"
)

func init() {
	titles[controlCPU] = "control: only computes"
	titles[controlAlloc] = "control: only allocates"
}

// parallelSubjects and the payload of theirs.
var parallelSubjects = []string{oursSigned, oursEncrypted, gorillaSigned, gorillaEncrypted, scsMemory}

const parallelPayload = "login"

// The settings under which everything in parallel is measured.
var (
	parallelProcs = []int{1, 2}
	parallelGOGC  = []int{100, 400}
	parallelActs  = []struct {
		name string
		act  act
	}{{"read", readOne}, {"write", writeOne}}
)

func parallelKey(act string, procs, gogc int, subject string) key {
	return key{"Parallel", fmt.Sprintf("act=%s/gogc=%d/procs=%d", act, gogc, procs), subject}
}

// parallel has a group for each subject and act, so that one and two processors
// are measured next to each other.
func parallel(subjects []subject) []group {
	var groups []group
	add := func(act, subject string, worker func() func(n int)) {
		var g group
		for _, gogc := range parallelGOGC {
			for _, procs := range parallelProcs {
				run := together(procs, worker)
				g = append(g, cell{parallelKey(act, procs, gogc, subject), run, procs, gogc})
			}
		}
		groups = append(groups, g)
	}
	add("none", controlCPU, func() func(int) { return compute })
	add("none", controlAlloc, func() func(int) { return allocate })
	p := payloadOf(parallelPayload)
	for _, name := range parallelSubjects {
		for _, s := range subjects {
			if s.name() != name {
				continue
			}
			cookie, _, err := cookieOf(s, p)
			must(err)
			for _, a := range parallelActs {
				h := s.handler(a.act, &job{payload: p})
				add(a.name, name, func() func(int) { return newExchange(h, cookie).repeat })
			}
		}
	}
	return groups
}

// together shares n times among as many workers as there are processors.
func together(procs int, worker func() func(n int)) func(n int) {
	workers := make([]func(int), procs)
	for i := range workers {
		workers[i] = worker()
	}
	return func(n int) {
		var wg sync.WaitGroup
		for i, work := range workers {
			wg.Go(func() { work((n + i) / procs) })
		}
		wg.Wait()
	}
}

// compute hashes, and allocates nothing.
func compute(n int) {
	var block [512]byte
	for range n {
		sum := sha256.Sum256(block[:])
		copy(block[:], sum[:])
	}
}

// allocate makes what decoding a session into a dictionary makes.
func allocate(n int) {
	for range n {
		m := map[string]any{}
		for i := range 16 {
			m["key"+strconv.Itoa(i)] = []any{strconv.Itoa(i + 1000), float64(i)}
		}
	}
}
