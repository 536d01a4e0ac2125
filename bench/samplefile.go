package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"runtime"
	"slices"
)

// writeSamples writes every sample as a line of a Go benchmark, for benchstat:
//
//	benchstat -col /subject bench.out
func writeSamples(w io.Writer, all samples) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "goos: %s\ngoarch: %s\npkg: github.com/cookiesession/go/bench\n", runtime.GOOS, runtime.GOARCH)
	var keys []key
	for k := range all {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int { return cmp.Compare(a.String(), b.String()) })
	for _, k := range keys {
		for _, s := range all[k] {
			fmt.Fprintf(b, "%s-%d\t%d\t%.1f ns/op\t%.0f B/op\t%.0f allocs/op\n",
				k, runtime.GOMAXPROCS(0), s.n, s.ns, s.bytes, s.allocs)
		}
	}
	return b.Flush()
}
