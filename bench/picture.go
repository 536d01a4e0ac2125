package main

import (
	"bytes"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strconv"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A picture is a card with a title and a legend, and plots on it. It has a
// ground of its own, so that it can be read on light pages and on dark ones.
type picture struct {
	svg    *vgsvg.Canvas
	canvas draw.Canvas // below what was already drawn
}

// Okabe and Ito's colors can be told apart by everybody. One for each library;
// signed is a disc, encrypted a diamond.
var (
	ground = color.RGBA{0xfc, 0xfc, 0xfa, 0xff}
	edge   = color.RGBA{0xd4, 0xd4, 0xcc, 0xff}
	grid   = color.RGBA{0xe6, 0xe6, 0xe0, 0xff}
	ink    = color.RGBA{0x20, 0x24, 0x2a, 0xff}
	faint  = color.RGBA{0x66, 0x6c, 0x75, 0xff}

	blue    = color.RGBA{0x00, 0x72, 0xb2, 0xff}
	sky     = color.RGBA{0x56, 0xb4, 0xe9, 0xff}
	red     = color.RGBA{0xd5, 0x5e, 0x00, 0xff}
	amber   = color.RGBA{0xe0, 0x9a, 0x00, 0xff}
	green   = color.RGBA{0x00, 0x8f, 0x6b, 0xff}
	purple  = color.RGBA{0xb8, 0x6a, 0x97, 0xff}
	thunder = color.RGBA{0x8a, 0x8f, 0x98, 0xff}
)

// A look is how a subject is drawn.
type look struct {
	color  color.Color
	glyph  draw.GlyphDrawer
	radius vg.Length
	label  string
}

var looks = map[string]look{
	oursSigned:         {blue, disc{}, 4.2, "cookiesession, signed"},
	oursEncrypted:      {sky, diamond{}, 4.8, "cookiesession, encrypted"},
	gorillaSigned:      {red, disc{}, 3.6, "gorilla/sessions"},
	gorillaEncrypted:   {red, diamond{}, 4.2, "gorilla/sessions, encrypted"},
	securecookieSigned: {amber, disc{}, 3.6, "securecookie, JSON"},
	jwtHS256:           {green, disc{}, 3.6, "golang-jwt"},
	scsMemory:          {purple, disc{}, 3.6, "scs in memory"},
	djangoSigned:       {purple, disc{}, 3.6, "Django"},
	plainCookie:        {thunder, bar{}, 4.2, "net/http alone"},
}

func fontOf(size vg.Length, weight xfont.Weight) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size, Weight: weight}
}

func styleOf(size vg.Length, c color.Color, x text.XAlignment, y text.YAlignment) draw.TextStyle {
	return draw.TextStyle{
		Color: c, Font: fontOf(size, xfont.WeightNormal), XAlign: x, YAlign: y, Handler: text.Plain{Fonts: font.DefaultCache},
	}
}

// Margins of the card, in points.
const (
	cardMargin = 18
	cardRadius = 8
)

func newPicture(width, height vg.Length, title, subtitle string, legend []string) *picture {
	svg := vgsvg.New(width, height)
	p := &picture{svg, draw.New(svg)}
	card(p.canvas)
	c := draw.Crop(p.canvas, cardMargin, -cardMargin, cardMargin, -cardMargin)
	top := c.Max.Y
	head := styleOf(15, ink, draw.XLeft, draw.YTop)
	head.Font.Weight = xfont.WeightBold
	c.FillText(head, vg.Point{X: c.Min.X, Y: top}, title)
	c.FillText(styleOf(10, faint, draw.XLeft, draw.YTop), vg.Point{X: c.Min.X, Y: top - 21}, subtitle)

	x, y := c.Min.X+4, top-47
	sty := styleOf(10, ink, draw.XLeft, draw.YCenter)
	for _, name := range legend {
		l := looks[name]
		w := sty.Width(l.label)
		if x+w+12 > c.Max.X {
			x, y = c.Min.X+4, y-16
		}
		c.DrawGlyph(l.style(), vg.Point{X: x, Y: y})
		c.FillText(sty, vg.Point{X: x + 9, Y: y + 0.5}, l.label)
		x += w + 24
	}
	c.Max.Y = y - 16
	p.canvas = c
	return p
}

// card is the ground: a rectangle with round corners.
func card(c draw.Canvas) {
	const inset, r = 0.5, cardRadius
	x0, y0, x1, y1 := c.Min.X+inset, c.Min.Y+inset, c.Max.X-inset, c.Max.Y-inset
	var path vg.Path
	path.Move(vg.Point{X: x0 + r, Y: y0})
	path.Line(vg.Point{X: x1 - r, Y: y0})
	path.Arc(vg.Point{X: x1 - r, Y: y0 + r}, r, -math.Pi/2, math.Pi/2)
	path.Line(vg.Point{X: x1, Y: y1 - r})
	path.Arc(vg.Point{X: x1 - r, Y: y1 - r}, r, 0, math.Pi/2)
	path.Line(vg.Point{X: x0 + r, Y: y1})
	path.Arc(vg.Point{X: x0 + r, Y: y1 - r}, r, math.Pi/2, math.Pi/2)
	path.Line(vg.Point{X: x0, Y: y0 + r})
	path.Arc(vg.Point{X: x0 + r, Y: y0 + r}, r, math.Pi, math.Pi/2)
	path.Close()
	c.SetColor(ground)
	c.Fill(path)
	c.SetLineStyle(draw.LineStyle{Color: edge, Width: 1})
	c.Stroke(path)
}

// save writes the picture. Where the font is missing, one of the same widths is
// taken.
func (p *picture) save(dir, name string) error {
	text, err := p.bytes()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), text, 0o644)
}

func (p *picture) bytes() ([]byte, error) {
	var b bytes.Buffer
	if _, err := p.svg.WriteTo(&b); err != nil {
		return nil, err
	}
	return bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans;"),
		[]byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;")), nil
}

func (l look) style() draw.GlyphStyle {
	return draw.GlyphStyle{Color: l.color, Radius: l.radius, Shape: l.glyph}
}

// Marks have an edge in the ground's color, so that one on another is seen.
type (
	disc    struct{}
	diamond struct{}
	bar     struct{}
)

func (disc) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	var p vg.Path
	p.Move(vg.Point{X: at.X + s.Radius, Y: at.Y})
	p.Arc(at, s.Radius, 0, 2*math.Pi)
	p.Close()
	mark(c, s, p)
}

func (diamond) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	var p vg.Path
	p.Move(vg.Point{X: at.X + s.Radius, Y: at.Y})
	p.Line(vg.Point{X: at.X, Y: at.Y + s.Radius})
	p.Line(vg.Point{X: at.X - s.Radius, Y: at.Y})
	p.Line(vg.Point{X: at.X, Y: at.Y - s.Radius})
	p.Close()
	mark(c, s, p)
}

func (bar) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	c.SetLineStyle(draw.LineStyle{Color: s.Color, Width: 2})
	var p vg.Path
	p.Move(vg.Point{X: at.X, Y: at.Y - s.Radius})
	p.Line(vg.Point{X: at.X, Y: at.Y + s.Radius})
	c.Stroke(p)
}

func mark(c *draw.Canvas, s draw.GlyphStyle, p vg.Path) {
	c.SetColor(s.Color)
	c.Fill(p)
	c.SetLineStyle(draw.LineStyle{Color: ground, Width: 1})
	c.Stroke(p)
}

// logAxis has the lines of a plot along x or y: 1, 2 and 5 of each decade.
type logAxis struct{}

func (logAxis) Ticks(least, most float64) []plot.Tick {
	var ticks []plot.Tick
	for decade := math.Pow(10, math.Floor(math.Log10(least))); decade <= most; decade *= 10 {
		for _, n := range []float64{1, 2, 5} {
			if v := n * decade; v >= least*0.999 && v <= most*1.001 {
				ticks = append(ticks, plot.Tick{Value: v, Label: label(v)})
			}
		}
	}
	return ticks
}

// label is a number of an axis, in full up to 999.
func label(v float64) string {
	if v >= 1000 {
		return strconv.FormatFloat(v/1000, 'g', 3, 64) + "k"
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
