package main

import (
	"fmt"
	"image/color"
	"math"
	"os"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// writePlots draws everything into a folder.
func (r *report) writePlots(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := r.sizePlot().save(dir, "size.svg"); err != nil {
		return err
	}
	if err := r.timePlot().save(dir, "time.svg"); err != nil {
		return err
	}
	return r.sweepPlot().save(dir, "cost.svg")
}

// newPlot is an empty plot in the picture's style.
func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.LineStyle.Width = 0
		a.Tick.LineStyle.Width = 0
		a.Tick.Length = 5
		a.Padding = 0
		a.Tick.Label.Font = fontOf(9, xfont.WeightNormal)
		a.Tick.Label.Color = faint
		a.Label.TextStyle.Font = fontOf(10, xfont.WeightNormal)
		a.Label.TextStyle.Color = faint
		a.Label.Padding = 4
	}
	p.Title.TextStyle.Font = fontOf(11, xfont.WeightBold)
	p.Title.TextStyle.Color = ink
	p.Title.Padding = 6
	return p
}

// dots are one row for each payload, with a mark for each subject, on a
// logarithmic scale along x.
type dots struct {
	payloads []*payload
	subjects []string
	value    func(*payload, string) (float64, bool)
	unit     func(float64) string
	from, to string // subjects whose marks get their number, to the left and to the right
	limit    float64
	saying   string // beside the limit
	names    bool
}

const rowGap = 0.9 // between families

// at is the row of a payload, from the top.
func (d *dots) at(i int) float64 {
	y := float64(i)
	if i >= len(families[0].payloads) {
		y += rowGap
	}
	return -y
}

func (d *dots) bottom() float64 { return d.at(len(d.payloads)-1) - 0.6 }

func (d *dots) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	line := draw.LineStyle{Color: grid, Width: 0.8}
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		c.StrokeLine2(line, x(t.Value), c.Min.Y, x(t.Value), c.Max.Y)
	}
	if d.names {
		for f := range families {
			top := y(d.at(f*len(families[0].payloads)) + 0.62)
			family := styleOf(9, faint, draw.XRight, draw.YCenter)
			c.FillText(family, vg.Point{X: c.Min.X - 6, Y: top}, families[f].about)
		}
	}
	if d.limit > 0 {
		c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1, Dashes: []vg.Length{4, 3}}, x(d.limit), c.Min.Y, x(d.limit), c.Max.Y)
		c.FillText(styleOf(9, ink, draw.XLeft, draw.YTop), vg.Point{X: x(d.limit) + 5, Y: c.Max.Y - 1}, d.saying)
	}
	number := styleOf(9, faint, draw.XRight, draw.YCenter)
	for i, payload := range d.payloads {
		row := y(d.at(i))
		var placed []placedMark
		least, most := math.Inf(1), math.Inf(-1)
		left, right := c.Max.X, c.Min.X // of the marks on the line
		for _, s := range d.subjects {
			v, ok := d.value(payload, s)
			if !ok {
				continue
			}
			least, most = min(least, v), max(most, v)
			if at := place(&placed, s, vg.Point{X: x(v), Y: row}); at.Y == row {
				left, right = min(left, at.X), max(right, at.X)
			}
		}
		c.StrokeLine2(draw.LineStyle{Color: edge, Width: 1.4}, left, row, right, row)
		for _, m := range placed {
			c.DrawGlyph(looks[m.subject].style(), m.at)
			v, _ := d.value(payload, m.subject)
			switch m.subject {
			case d.from:
				number.XAlign, number.Color = draw.XRight, looks[m.subject].color
				c.FillText(number, vg.Point{X: x(least) - 8, Y: row + 0.5}, d.unit(v))
			case d.to:
				number.XAlign, number.Color = draw.XLeft, looks[m.subject].color
				c.FillText(number, vg.Point{X: x(most) + 8, Y: row + 0.5}, d.unit(v))
			}
		}
	}
}

// A placedMark is where a subject's mark goes.
type placedMark struct {
	subject string
	at      vg.Point
}

// place moves a mark off the line of its row if another is there already.
func place(placed *[]placedMark, subject string, at vg.Point) vg.Point {
	free := func(at vg.Point) bool {
		for _, p := range *placed {
			if math.Hypot(float64(p.at.X-at.X), float64(p.at.Y-at.Y)) < float64(looks[p.subject].radius+looks[subject].radius)*0.85 {
				return false
			}
		}
		return true
	}
	for _, dy := range []vg.Length{0, -8, 8, -11.5, 11.5} {
		if moved := (vg.Point{X: at.X, Y: at.Y + dy}); free(moved) {
			at = moved
			break
		}
	}
	*placed = append(*placed, placedMark{subject, at})
	return at
}

// plot is the dots on axes from least to most.
func (d *dots) plot(least, most float64, title, unit string) *plot.Plot {
	p := newPlot()
	p.Title.Text = title
	p.X.Scale = plot.LogScale{}
	p.X.Min, p.X.Max = least, most
	p.X.Tick.Marker = logAxis{}
	p.X.Label.Text = unit
	p.Y.Min, p.Y.Max = d.bottom(), 0.95
	var names []plot.Tick
	for i, payload := range d.payloads {
		t := plot.Tick{Value: d.at(i), Label: " "}
		if d.names {
			t.Label = payload.name
		}
		names = append(names, t)
	}
	p.Y.Tick.Marker = plot.ConstantTicks(names)
	p.Y.Tick.Label.Font = fontOf(10.5, xfont.WeightNormal)
	p.Y.Tick.Label.Color = ink
	p.Y.Tick.Length = 6
	p.Add(d)
	return p
}

func (r *report) sizePlot() *picture {
	d := &dots{
		payloads: allPayloads(),
		subjects: []string{oursSigned, oursEncrypted, djangoSigned, jwtHS256, securecookieSigned, gorillaSigned},
		value: func(p *payload, s string) (float64, bool) {
			z, ok := r.wire[p.name][s]
			return float64(z.value), ok
		},
		unit: func(v float64) string { return fmt.Sprintf("%.0f", v) },
		from: oursSigned, to: gorillaSigned,
		limit: cookieMax, saying: "4096: browsers drop what is larger", names: true,
	}
	pic := newPicture(760, 480, "The same session as a cookie",
		"characters of the cookie's value, on a logarithmic scale; ten sessions of two applications", d.subjects)
	d.plot(80, 40000, "", "characters").Draw(pic.canvas)
	return pic
}

func (r *report) timePlot() *picture {
	panel := func(bench string, names bool) *dots {
		return &dots{
			payloads: allPayloads(),
			subjects: []string{oursSigned, oursEncrypted, plainCookie, jwtHS256, securecookieSigned, scsMemory, gorillaSigned},
			value: func(p *payload, s string) (float64, bool) {
				k := key{bench, "payload=" + p.name, s}
				return r.all.ns(k) / 1000, r.all.has(k)
			},
			names: names,
		}
	}
	read, write := panel("Read", true), panel("Write", false)
	pic := newPicture(760, 480, "A request with a session",
		"microseconds from the request to the response, on a logarithmic scale: further left is faster", read.subjects)
	left, right := halves(pic.canvas, 40)
	read.plot(0.2, 1000, "read one value", "µs").Draw(left)
	write.plot(0.2, 1000, "change one value", "µs").Draw(right)
	return pic
}

// halves are two parts of equal plots, of which the left one has names before it.
func halves(c draw.Canvas, names vg.Length) (left, right draw.Canvas) {
	middle := (c.Min.X + c.Max.X + names) / 2
	return draw.Crop(c, 0, middle-c.Max.X-12, 0, 0), draw.Crop(c, middle-c.Min.X+12, 0, 0, 0)
}

// curves are a line for each subject over the size of a session, both scales
// logarithmic, with its name at its end.
type curves struct {
	subjects []string
	sizes    []*payload
	value    func(*payload, string) (float64, bool)
	labels   bool
}

func (l *curves) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	line := draw.LineStyle{Color: grid, Width: 0.8}
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		c.StrokeLine2(line, x(t.Value), c.Min.Y, x(t.Value), c.Max.Y)
	}
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		c.StrokeLine2(line, c.Min.X, y(t.Value), c.Max.X, y(t.Value))
	}
	for k := range l.subjects {
		s := l.subjects[len(l.subjects)-1-k]
		look := looks[s]
		var points []vg.Point
		for _, z := range l.sizes {
			if v, ok := l.value(z, s); ok {
				points = append(points, vg.Point{X: x(float64(len(z.json))), Y: y(v)})
			}
		}
		width := vg.Length(1.4)
		if s == oursSigned || s == oursEncrypted {
			width = 2.2
		}
		c.StrokeLines(draw.LineStyle{Color: look.color, Width: width}, points)
		style := look.style()
		style.Radius *= 0.75
		for _, at := range points {
			c.DrawGlyph(style, at)
		}
	}
}

func (l *curves) plot(title string) *plot.Plot {
	p := newPlot()
	p.Title.Text = title
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Min, p.X.Max = 40, 10000
	p.Y.Min, p.Y.Max = 1, 1000
	p.X.Tick.Marker, p.Y.Tick.Marker = logAxis{}, logAxis{}
	p.X.Label.Text = "bytes of JSON"
	if l.labels {
		p.Y.Label.Text = "µs"
	}
	p.Add(l)
	return p
}

func (r *report) sweepPlot() *picture {
	panel := func(bench string, labels bool) *curves {
		return &curves{
			subjects: []string{oursSigned, oursEncrypted, jwtHS256, securecookieSigned, gorillaSigned},
			sizes:    sweepPayloads(),
			value: func(p *payload, s string) (float64, bool) {
				k := sweepKey(bench, p, s)
				return r.all.ns(k) / 1000, r.all.has(k)
			},
			labels: labels,
		}
	}
	read, write := panel(sweepRead, true), panel(sweepWrite, false)
	pic := newPicture(760, 400, "What a session costs as it grows",
		"microseconds from the request to the response; a user's ID and a cart of 0 to 82 lines; both scales logarithmic", read.subjects)
	left, right := halves(pic.canvas, 14)
	read.plot("read one value").Draw(left)
	write.plot("change one value").Draw(right)
	return pic
}
