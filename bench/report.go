package main

import (
	"fmt"
	"io"
	"math"
)

// A report is everything that was found, and prints it.
type report struct {
	all   samples
	wire  sizes
	lines capacities
}

func (r *report) write(w io.Writer) {
	r.endToEnd(w)
	r.codecs(w)
	r.untouched(w)
	r.forged(w)
	r.sizes(w)
	r.capacity(w)
	r.sweep(w)
	r.parallel(w)
	r.near(w)
	r.closings(w)
}

const cellNote = "microseconds, allocations, and how many times as long as cookiesession with the same protection"

// allSubjects in the order of the tables.
var allSubjects = []string{
	oursSigned, oursEncrypted, gorillaSigned, gorillaEncrypted, securecookieSigned,
	securecookieEncrypt, jwtHS256, scsMemory, partsSigned, partsEncrypted, plainCookie, contextOnly, nothing,
}

// cell is a time, allocations, and the ratio to ours.
func (r *report) cell(k key) string {
	if !r.all.has(k) {
		return "–"
	}
	k = r.all.faster(k)
	text := fmt.Sprintf("%s %5.0f", micros(r.all.ns(k)), r.all.allocs(k))
	if ours := oursFor(k.subject); k.subject != ours {
		return text + fmt.Sprintf(" %6s", times(r.all.ratio(k, key{k.bench, k.of, ours})))
	}
	return text + "       "
}

func micros(ns float64) string { return fmt.Sprintf("%.1f", ns/1000) }

// times is "12.3x", in two digits at least.
func times(ratio float64) string {
	switch {
	case math.IsNaN(ratio):
		return "–"
	case ratio < 1:
		return fmt.Sprintf("%.2fx", ratio)
	}
	return fmt.Sprintf("%.1fx", ratio)
}

func (r *report) endToEnd(w io.Writer) {
	for _, f := range families {
		for _, a := range acts {
			r.byPayload(w, fmt.Sprintf("End to end, %s family: %s", f.name, a.title), a.bench, f.payloads)
		}
	}
}

func (r *report) codecs(w io.Writer) {
	for _, f := range families {
		r.byPayload(w, fmt.Sprintf("Codec alone, %s family: all values to the cookie's text", f.name), "Encode", f.payloads)
		r.byPayload(w, fmt.Sprintf("Codec alone, %s family: the cookie's text to all values", f.name), "Decode", f.payloads)
	}
}

func (r *report) byPayload(w io.Writer, title, bench string, payloads []*payload) {
	t := newTable(title, cellNote, "")
	for _, p := range payloads {
		t.rows[0] = append(t.rows[0], p.name+"       ")
	}
	for _, s := range allSubjects {
		row, found := []string{titles[s]}, false
		for _, p := range payloads {
			k := key{bench, "payload=" + p.name, s}
			found = found || r.all.has(k)
			row = append(row, r.cell(k))
		}
		if found {
			t.row(row...)
		}
	}
	t.write(w)
}

func (r *report) untouched(w io.Writer) {
	t := newTable("What it costs not to use the session, and to read one value of it", "",
		"", "untouched allocations", "times one context value", "read allocations: tiny", "login", "cart", "oauth", "large")
	of := "payload=login"
	for _, s := range []string{contextOnly, oursSigned, oursEncrypted, gorillaSigned, gorillaEncrypted, scsMemory} {
		k := key{"Untouched", of, s}
		row := []string{titles[s], "–", "–"}
		if r.all.has(k) {
			row[1] = fmt.Sprintf("%.0f", r.all.allocs(k))
			row[2] = times(r.all.ratio(k, key{"Untouched", of, contextOnly}))
		}
		for _, p := range families[0].payloads {
			if k := (key{"Read", "payload=" + p.name, s}); r.all.has(k) {
				row = append(row, fmt.Sprintf("%.0f", r.all.allocs(k)))
			} else {
				row = append(row, "–")
			}
		}
		t.row(row...)
	}
	t.write(w)
}

func (r *report) forged(w io.Writer) {
	t := newTable("A forged cookie", "of it: times as long as the good one of the same library; gorilla: times as long as ours, both forged",
		"", "signed: of it", "gorilla of it", "gorilla", "encrypted: of it", "gorilla of it", "gorilla")
	for _, p := range allPayloads() {
		of := "payload=" + p.name
		row := []string{p.name}
		for _, pair := range [][2]string{{oursSigned, gorillaSigned}, {oursEncrypted, gorillaEncrypted}} {
			ours, peer := pair[0], pair[1]
			row = append(row,
				times(r.all.ratio(key{"Forged", of, ours}, key{"Read", of, ours})),
				times(r.all.ratio(key{"Forged", of, peer}, key{"Read", of, peer})),
				times(r.all.ratio(key{"Forged", of, peer}, key{"Forged", of, ours})))
		}
		t.row(row...)
	}
	t.write(w)
}

func (r *report) sizes(w io.Writer) {
	for _, f := range families {
		note := "* over 4096 with its name: browsers drop it. Django 3.2 and Flask 2.2 were measured once: JSON, zlib"
		value := newTable(fmt.Sprintf("Characters of the cookie's value, %s family", f.name), note, "")
		ratio := newTable(fmt.Sprintf("The same, as a multiple of cookiesession with the same protection, %s family", f.name), "", "")
		line := newTable(fmt.Sprintf("Characters of the whole Set-Cookie line, %s family", f.name), "", "")
		row := []string{"the JSON"}
		for _, p := range f.payloads {
			for _, t := range []*table{value, ratio, line} {
				t.rows[0] = append(t.rows[0], p.name)
			}
			row = append(row, fmt.Sprint(len(p.json))+" ")
		}
		value.row(row...)
		for _, s := range cookieSubjects {
			values, ratios, lines := []string{titles[s]}, []string{titles[s]}, []string{titles[s]}
			known, lined := false, false
			for _, p := range f.payloads {
				z, ok := r.wire[p.name][s]
				if !ok {
					values, ratios, lines = append(values, "– "), append(ratios, "–"), append(lines, "–")
					continue
				}
				known = true
				lined = lined || z.line > 0
				mark := " "
				if !z.fits {
					mark = "*"
				}
				values = append(values, fmt.Sprint(z.value)+mark)
				ratios = append(ratios, fmt.Sprintf("%.2f", float64(z.value)/float64(r.wire[p.name][oursFor(s)].value)))
				if z.line > 0 {
					lines = append(lines, fmt.Sprint(z.line))
				} else {
					lines = append(lines, "–")
				}
			}
			if known {
				value.row(values...)
			}
			if known && s != oursSigned && s != oursEncrypted {
				ratio.row(ratios...)
			}
			if lined {
				line.row(lines...)
			}
		}
		value.write(w)
		ratio.write(w)
		line.write(w)
	}
}

func (r *report) capacity(w io.Writer) {
	t := newTable("Lines of a cart that fit one cookie", fmt.Sprintf("the payload cart with other lines, of 96 bytes of JSON on average; name and value in 4096; the median of %d carts", capacitySeeds),
		"", "lines", "ours to theirs")
	for _, s := range cookieSubjects {
		if n, known := r.lines[s]; known {
			t.row(titles[s], fmt.Sprintf("%.0f", n), times(r.lines[oursFor(s)]/n))
		}
	}
	t.write(w)
}

func (r *report) sweep(w io.Writer) {
	for _, b := range []struct{ bench, title string }{{sweepRead, "reading one value"}, {sweepWrite, "changing one value"}} {
		t := newTable("Cost against size: "+b.title, cellNote, "bytes of JSON")
		for _, s := range sweepSubjects {
			t.rows[0] = append(t.rows[0], s+"       ")
		}
		for _, p := range sweepPayloads() {
			row := []string{fmt.Sprint(len(p.json))}
			for _, s := range sweepSubjects {
				row = append(row, r.cell(sweepKey(b.bench, p, s)))
			}
			t.row(row...)
		}
		t.write(w)
	}
}

func (r *report) parallel(w io.Writer) {
	t := newTable("Two processors", "how many times as much is done with GOMAXPROCS=2 as with 1; read the subjects beside the controls",
		"payload login")
	for _, gogc := range parallelGOGC {
		for _, a := range []string{"read", "write"} {
			t.rows[0] = append(t.rows[0], fmt.Sprintf("%s, GOGC=%d", a, gogc))
		}
	}
	for _, s := range append([]string{controlCPU, controlAlloc}, parallelSubjects...) {
		row := []string{titles[s]}
		for _, gogc := range parallelGOGC {
			for _, a := range []string{"read", "write"} {
				if s == controlCPU || s == controlAlloc {
					a = "none"
				}
				row = append(row, times(r.all.ratio(parallelKey(a, 1, gogc, s), parallelKey(a, 2, gogc, s))))
			}
		}
		t.row(row...)
	}
	t.write(w)
}

// near is how far ours are from their parts, and what the parts leave to be reached.
func (r *report) near(w io.Writer) {
	payloads := families[0].payloads
	t := newTable("How near to what the parts cost",
		"ours, times as long as its parts alone; the geometric mean; and gorilla/sessions, times as long as the parts, which is all that ours could reach, and as ours.\n"+
			"The parts inflate with the faster of compress/flate and klauspost/compress; the library does with a decoder of its own.", "")
	for _, p := range payloads {
		t.rows[0] = append(t.rows[0], p.name)
	}
	t.rows[0] = append(t.rows[0], "mean", "gorilla to parts", "gorilla to ours")
	for _, row := range []struct{ title, bench, ours, parts, peer string }{
		{"signed, one value is read", "Read", oursSigned, partsSigned, gorillaSigned},
		{"signed, one is changed", "Write", oursSigned, partsSigned, gorillaSigned},
		{"encrypted, one value is read", "Read", oursEncrypted, partsEncrypted, gorillaEncrypted},
		{"encrypted, one is changed", "Write", oursEncrypted, partsEncrypted, gorillaEncrypted},
	} {
		var toParts, peerToParts, peerToOurs []float64
		cells := []string{row.title}
		for _, p := range payloads {
			of := "payload=" + p.name
			ours, peer := key{row.bench, of, row.ours}, key{row.bench, of, row.peer}
			parts := r.all.faster(key{row.bench, of, row.parts})
			toParts = append(toParts, r.all.ratio(ours, parts))
			peerToParts = append(peerToParts, r.all.ratio(peer, parts))
			peerToOurs = append(peerToOurs, r.all.ratio(peer, ours))
			cells = append(cells, fmt.Sprintf("%.2fx", toParts[len(toParts)-1]))
		}
		t.row(append(cells, fmt.Sprintf("%.2fx", geomean(toParts)), times(geomean(peerToParts)), times(geomean(peerToOurs)))...)
	}
	t.write(w)
}

// closings are two lines, and the same for the second family above them.
func (r *report) closings(w io.Writer) {
	pairs := []struct{ title, ours, peer string }{
		{"Signed, beside gorilla/sessions signed", oursSigned, gorillaSigned},
		{"Encrypted, beside gorilla/sessions signed and encrypted", oursEncrypted, gorillaEncrypted},
	}
	t := newTable("Geometric means by family", "over the payloads that ours can keep", "", "payloads", "read", "write", "size")
	for _, f := range families {
		for _, pair := range pairs {
			var kept []*payload
			for _, p := range f.payloads {
				if r.all.has(key{"Read", "payload=" + p.name, pair.ours}) {
					kept = append(kept, p)
				}
			}
			c := closingOf(pair.ours, pair.peer, kept, r.all, r.wire, r.lines)
			t.row(f.name+" family: "+pair.title, fmt.Sprint(len(kept)), times(c.read), times(c.write), fmt.Sprintf("%.2f", c.size))
		}
	}
	t.write(w)
	fmt.Fprintln(w, "\nAt last, over the first family: gorilla's time by ours, our size by gorilla's, our lines of a cart by gorilla's.")
	for _, pair := range pairs {
		c := closingOf(pair.ours, pair.peer, families[0].payloads, r.all, r.wire, r.lines)
		fmt.Fprintf(w, "\n%s\n%v\n", pair.title, c)
	}
}
