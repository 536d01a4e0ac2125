package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// A table is rows of texts below a header. The first column is to the left,
// others to the right.
type table struct {
	title string
	note  string
	rows  [][]string
}

func newTable(title, note string, header ...string) *table {
	return &table{title, note, [][]string{header}}
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) write(w io.Writer) {
	var widths []int
	for _, row := range t.rows {
		for i, text := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
		}
	}
	fmt.Fprintf(w, "\n%s\n", t.title)
	if t.note != "" {
		fmt.Fprintln(w, t.note)
	}
	fmt.Fprintln(w)
	for _, row := range t.rows {
		var line strings.Builder
		for i, text := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
			if i == 0 {
				line.WriteString("  " + text + pad)
			} else {
				line.WriteString("   " + pad + text)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}
