package main

import (
	"fmt"
	"math"
)

var nan = math.NaN()

// A closing says in one line what the whole comes to, over some payloads.
type closing struct {
	read, write float64 // how many times as long gorilla/sessions takes
	size        float64 // our cookie's characters by gorilla's
	capacity    float64 // our lines in a cart by gorilla's
}

func (c closing) String() string {
	return fmt.Sprintf("read %.1fx write %.1fx size %.2f capacity %.1fx", c.read, c.write, c.size, c.capacity)
}

// closingOf compares one of ours with its peer by geometric means.
func closingOf(ours, peer string, payloads []*payload, all samples, wire sizes, lines capacities) closing {
	var read, write, size []float64
	for _, p := range payloads {
		of := "payload=" + p.name
		read = append(read, all.ratio(key{"Read", of, peer}, key{"Read", of, ours}))
		write = append(write, all.ratio(key{"Write", of, peer}, key{"Write", of, ours}))
		size = append(size, float64(wire[p.name][ours].value)/float64(wire[p.name][peer].value))
	}
	return closing{geomean(read), geomean(write), geomean(size), lines[ours] / lines[peer]}
}

func geomean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += math.Log(v)
	}
	return math.Exp(sum / float64(len(values)))
}
