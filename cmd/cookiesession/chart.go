package main

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cookiesession/go/keys"
)

// A chart draws a timeline with characters.
type chart struct {
	timeline
	width int // of the columns that show time
	color bool
}

// gutter is the width of the labels on the left.
const gutter = len(notBeforeWord) + 2

func newChart(layout func(least float64) timeline, width int, color bool) chart {
	width = max(width-gutter-1, 24)
	return chart{layout(2.5 / float64(width)), width, color}
}

func (c chart) String() string {
	now := c.column(c.axis.place(c.now, 0))
	var b strings.Builder
	line := func(label string, cells []string) {
		text := label + strings.Repeat(" ", gutter-len(label)) + strings.Join(cells, "")
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	line("", c.labels([]tick{{c.axis.place(c.now, 0), "now"}}))
	for _, r := range c.rows {
		cells := c.blank(" ")
		for _, s := range r.stretches {
			for i := c.column(c.axis.place(s.from, 0)); i < c.end(c.axis.place(s.to, 1)); i++ {
				cells[i] = c.paint(s.state)
			}
		}
		cells[now] = "│"
		line(r.ID.String(), cells)
	}
	if !c.notBefore.IsZero() {
		cells := c.blank(" ")
		cells[now] = "│"
		cells[c.column(c.axis.place(c.notBefore, 0))] = "◆"
		line(notBeforeWord, cells)
	}
	rule := c.blank("─")
	for _, t := range c.ticks() {
		rule[c.column(t.place)] = "┬"
	}
	rule[now] = "┼"
	for _, middle := range c.axis.breaks() {
		rule[c.column(middle)] = "╱"
		rule[max(c.column(middle)-1, 0)] = "╱"
	}
	line("", rule)
	if ticks := c.ticks(); len(ticks) > 0 {
		line("", c.labels(ticks))
	}
	b.WriteString("\n")
	c.legend(&b)
	return b.String()
}

func (c chart) legend(b *strings.Builder) {
	var items []string
	for _, s := range c.states() {
		items = append(items, c.paint(s)+" "+looks[s].means)
	}
	if !c.notBefore.IsZero() {
		items = append(items, "◆ "+limitMeans)
	}
	if len(c.axis.breaks()) > 0 {
		items = append(items, "╱╱ "+breakMeans)
	}
	column := 0
	for _, item := range items {
		length := utf8.RuneCountInString(item)
		if strings.HasPrefix(item, "\x1b") {
			length -= len("\x1b[00m" + reset)
		}
		switch {
		case column == 0:
		case column+3+length > c.width+gutter:
			b.WriteString("\n")
			column = 0
		default:
			b.WriteString("   ")
			column += 3
		}
		b.WriteString(item)
		column += length
	}
	b.WriteString("\n")
}

const reset = "\x1b[0m"

func (c chart) paint(s keys.State) string {
	if !c.color {
		return looks[s].cell
	}
	return looks[s].color + looks[s].cell + reset
}

func (c chart) blank(cell string) []string { return slices.Repeat([]string{cell}, c.width) }

// column is where a place stands, end where a stretch that goes to it ends.
func (c chart) column(place float64) int { return min(c.end(place), c.width-1) }

func (c chart) end(place float64) int { return int(math.Round(place * float64(c.width))) }

// labels writes each label around its place, where there is room for it.
func (c chart) labels(ticks []tick) []string {
	all := c.blank(" ")
	free := 0
	for _, t := range ticks {
		start := min(max(c.column(t.place)-len(t.label)/2, 0), c.width-len(t.label))
		if start < free {
			continue
		}
		for i, char := range t.label {
			all[start+i] = string(char)
		}
		free = start + len(t.label) + 1
	}
	return all
}
