package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 8, "how often everything is measured")
	d := flag.Duration("time", 15*time.Millisecond, "for one measurement")
	out := flag.String("o", "bench.out", "`file` for the raw samples, which benchstat reads; empty: none")
	plots := flag.String("plots", "", "`folder` for pictures in SVG; empty: none")
	format := flag.Bool("format", false, "measure what the parts of the cookie's format are worth, instead")
	flag.Parse()
	if flag.NArg() > 0 || *rounds < 1 || *d <= 0 {
		flag.Usage()
		os.Exit(2)
	}
	progress := func(round int) {
		text := fmt.Sprintf("round %d of %d", round, *rounds)
		if round > *rounds {
			text = ""
		}
		fmt.Fprintf(os.Stderr, "\r%-20s\r", text)
	}
	if *format {
		newFormatReport(os.Stdout, allPayloads()).write(os.Stdout, *rounds, *d, progress)
		return
	}
	if err := run(os.Stdout, progress, *rounds, *d, *out, *plots); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, progress func(round int), rounds int, d time.Duration, out, plots string) error {
	start := time.Now()
	subjects, payloads := newSubjects(), allPayloads()
	r := report{
		wire:  wireSizes(subjects, payloads),
		lines: capacitiesOf(subjects, capacitySeeds),
		all:   measureAll(allGroups(subjects, payloads), rounds, d, progress),
	}
	progress(rounds + 1)
	fmt.Fprintf(w, "%d rounds, %v a measurement, %s, %s/%s, %d processors, in %v\n", rounds, d,
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), time.Since(start).Round(time.Second))
	if out != "" {
		var text bytes.Buffer
		if err := writeSamples(&text, r.all); err != nil {
			return err
		}
		if err := os.WriteFile(out, text.Bytes(), 0o644); err != nil {
			return err
		}
	}
	if plots != "" {
		if err := r.writePlots(plots); err != nil {
			return err
		}
	}
	r.write(w)
	return nil
}

func allGroups(subjects []subject, payloads []*payload) []group {
	groups := endToEnd(subjects, payloads)
	groups = append(groups, codecs(subjects, payloads)...)
	groups = append(groups, sweep(subjects)...)
	return append(groups, parallel(subjects)...)
}
