package main

import (
	"fmt"
	"slices"
)

// sweepLines are the numbers of lines of a cart with which cost is measured
// against size: from 50 bytes of JSON to 8 KB.
var sweepLines = []int{0, 1, 2, 4, 8, 16, 32, 56, 82}

// sweepSubjects are measured there.
var sweepSubjects = []string{oursSigned, oursEncrypted, gorillaSigned, gorillaEncrypted, securecookieSigned, jwtHS256}

// sweepPayloads are sessions of a user with a growing cart.
func sweepPayloads() []*payload {
	var all []*payload
	for _, n := range sweepLines {
		value := map[string]any{"user_id": "19ba193f-b081-4eca-8d36-c510aec2faa4"}
		if n > 0 {
			value["items"] = cartLines(0, n)
		}
		all = append(all, newPayload(fmt.Sprint(n), value, "user_id", "visits", 2))
	}
	return all
}

// The benchmarks of the sweep.
const (
	sweepRead  = "ReadBySize"
	sweepWrite = "WriteBySize"
)

func sweepKey(bench string, p *payload, subject string) key {
	return key{bench, fmt.Sprintf("size=%d", len(p.json)), subject}
}

// sweep has a group for each size, for reading and for writing. A subject is
// left out where its cookie cannot be made.
func sweep(subjects []subject) []group {
	var groups []group
	for _, p := range sweepPayloads() {
		var reads, writes group
		for _, s := range subjects {
			if !slices.Contains(sweepSubjects, s.name()) {
				continue
			}
			cookie, _, err := cookieOf(s, p)
			if err != nil {
				continue
			}
			j := &job{payload: p}
			reads = append(reads, cell{key: sweepKey(sweepRead, p, s.name()),
				run: newExchange(s.handler(readOne, j), cookie).repeat})
			writes = append(writes, cell{key: sweepKey(sweepWrite, p, s.name()),
				run: newExchange(s.handler(writeOne, j), cookie).repeat})
		}
		groups = append(groups, reads, writes)
	}
	return groups
}
