package main

import (
	_ "embed"
	"io"
	"math"
	"text/template"
)

//go:embed timeline.svg.tmpl
var svgText string

var svgTemplate = template.Must(template.New("timeline").Parse(svgText))

// The layout of the picture, in pixels.
const (
	svgWidth = 880
	svgLeft  = 124 // labels
	svgRight = 852
	svgTop   = 92
	svgRow   = 44
	svgLeast = 28  // between instants
	svgChar  = 6.7 // the width of a character, about
)

// A picture is what the template is filled with. All its texts are ours: IDs,
// states and dates.
type picture struct {
	Width, Height, Left, Right int
	Description, At            string
	Top, Axis, Now             float64
	Names, Bars, Limits        []mark
	Ticks, Breaks, Legend      []mark
}

// A mark is one thing in a picture.
type mark struct {
	Class, Label        string
	X, Y, Width, Height float64
}

// writeSVG draws a timeline as a picture that stands alone.
func writeSVG(w io.Writer, layout func(least float64) timeline) error {
	const plot = svgRight - svgLeft
	t := layout(float64(svgLeast) / plot)
	x := func(place float64) float64 { return tenth(svgLeft + place*plot) }
	p := picture{
		Width: svgWidth, Left: svgLeft, Right: svgRight, Top: svgTop - 12,
		At: t.now.UTC().Format("2 January 2006, 15:04 UTC"), Now: x(t.axis.place(t.now, 0)),
	}
	y := float64(svgTop + svgRow/2) // the middle of a row
	for _, r := range t.rows {
		p.Description += "; " + r.ID.String() + " is " + r.State.String()
		p.Names = append(p.Names, mark{Class: r.State.String(), Label: r.ID.String(), Y: y})
		for _, s := range r.stretches {
			from, to, thick := x(t.axis.place(s.from, 0)), x(t.axis.place(s.to, 1)), looks[s.state].thick
			p.Bars = append(p.Bars, mark{s.state.String(), looks[s.state].means, from, y - thick/2, tenth(to - from), thick})
		}
		y += svgRow
	}
	if !t.notBefore.IsZero() {
		p.Description += "; sessions begun before " + stamp(t.notBefore) + " are refused"
		p.Limits = []mark{{Label: notBeforeWord, X: x(t.axis.place(t.notBefore, 0)), Y: y}}
		y += svgRow
	}
	p.Axis = y - svgRow/2 + 14
	free := 0.0
	for _, tick := range t.ticks() {
		m := mark{X: x(tick.place)}
		half := float64(len(tick.label)) * svgChar / 2
		if m.X-half >= free {
			m.Label, free = tick.label, m.X+half+10
		}
		p.Ticks = append(p.Ticks, m)
	}
	for _, place := range t.axis.breaks() {
		p.Breaks = append(p.Breaks, mark{X: x(place)})
	}
	y = p.Axis + 36
	if len(p.Ticks) > 0 {
		y += 24 // for their labels
	}
	p.legend(t, y)
	return svgTemplate.Execute(w, p)
}

// legend fills lines with what is drawn.
func (p *picture) legend(t timeline, y float64) {
	x := float64(svgLeft)
	add := func(class, label string) {
		width := 46 + float64(len(label))*svgChar
		if x+width > svgRight+20 {
			x, y = svgLeft, y+24
		}
		p.Legend = append(p.Legend, mark{Class: class, Label: label, X: x, Y: y})
		x = tenth(x + width)
	}
	for _, s := range t.states() {
		add(s.String(), looks[s].means)
	}
	if len(p.Limits) > 0 {
		add("limit", limitMeans)
	}
	if len(p.Breaks) > 0 {
		add("break", breakMeans)
	}
	p.Height = int(y) + 28
}

// tenth is exact enough for a pixel, and short.
func tenth(x float64) float64 { return math.Round(x*10) / 10 }
