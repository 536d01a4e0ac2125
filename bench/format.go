package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/cookiesession/go/cookiesession"
)

// A formatReport says what the parts of the cookie's format are worth.
type formatReport struct {
	payloads []*payload
	entries  map[string]anatomy // by payload
}

// newFormatReport leaves out payloads that do not fit one cookie, and says so.
func newFormatReport(w io.Writer, payloads []*payload) *formatReport {
	f := &formatReport{entries: map[string]anatomy{}}
	for _, p := range payloads {
		a, err := entriesOf(p.value)
		if err != nil {
			fmt.Fprintf(w, "%s is left out: %v\n", p.name, err)
			continue
		}
		f.payloads = append(f.payloads, p)
		f.entries[p.name] = a
	}
	return f
}

func (f *formatReport) header(first string) []string {
	header := []string{first}
	for _, p := range f.payloads {
		header = append(header, p.name)
	}
	return header
}

// each is a row with a text for each payload.
func (f *formatReport) each(t *table, title string, text func(*payload) string) {
	row := []string{title}
	for _, p := range f.payloads {
		row = append(row, text(p))
	}
	t.row(row...)
}

func (f *formatReport) write(w io.Writer, rounds int, d time.Duration, progress func(int)) {
	f.compressors(w, rounds, d, progress)
	f.protections(w)
	f.dictionaries(w)
	f.names(w)
	f.tags(w)
	f.overhead(w)
}

func (f *formatReport) compressors(w io.Writer, rounds int, d time.Duration, progress func(int)) {
	sizes := map[string]map[string]int{}
	var groups []group
	for _, p := range f.payloads {
		src := f.entries[p.name].entries
		var squeeze, expand group
		for _, c := range compressors {
			z := c.make()
			small := z.squeeze(nil, src)
			back, err := z.expand(nil, small)
			must(err)
			if !bytes.Equal(back, src) {
				panic(c.name + " does not give back " + p.name)
			}
			if sizes[c.name] == nil {
				sizes[c.name] = map[string]int{}
			}
			sizes[c.name][p.name] = len(small)
			buffer := make([]byte, 0, 64<<10)
			of := "payload=" + p.name
			squeeze = append(squeeze, cell{key: key{"Compress", of, c.name}, run: func(n int) {
				for range n {
					z.squeeze(buffer, src)
				}
			}})
			expand = append(expand, cell{key: key{"Expand", of, c.name}, run: func(n int) {
				for range n {
					_, err := z.expand(buffer, small)
					must(err)
				}
			}})
		}
		groups = append(groups, squeeze, expand)
	}
	all := measureAll(groups, rounds, d, progress)

	t := newTable("Compressors: bytes of the packed entries as one block",
		fmt.Sprintf("+ would be kept, by the library's rule: from %d bytes, and a tenth saved", deflateFrom), f.header("")...)
	f.each(t, "JSON", func(p *payload) string { return fmt.Sprint(len(p.json)) + " " })
	f.each(t, "packed", func(p *payload) string { return fmt.Sprint(len(f.entries[p.name].entries)) + " " })
	for _, c := range compressors {
		f.each(t, c.name, func(p *payload) string {
			n, size := len(f.entries[p.name].entries), sizes[c.name][p.name]
			if kept(n, size) == size {
				return fmt.Sprint(size) + "+"
			}
			return fmt.Sprint(size) + " "
		})
	}
	t.write(w)
	for _, b := range []struct{ bench, title string }{{"Compress", "to compress"}, {"Expand", "to expand"}} {
		t = newTable("Compressors: microseconds "+b.title, "", f.header("")...)
		for _, c := range compressors {
			f.each(t, c.name, func(p *payload) string {
				return fmt.Sprintf("%.2f", all.ns(key{b.bench, "payload=" + p.name, c.name})/1000)
			})
		}
		t.write(w)
	}
	t = newTable("Compressors: what one in a pool holds", "writer and reader together, after the largest payload", "", "KiB")
	var largest []byte
	for _, a := range f.entries {
		if len(a.entries) > len(largest) {
			largest = a.entries
		}
	}
	for _, c := range compressors {
		t.row(c.name, fmt.Sprintf("%.0f", c.held(largest)/1024))
	}
	t.write(w)
}

// protections are the library's own settings, as they are.
func (f *formatReport) protections(w io.Writer) {
	t := newTable("Characters of the cookie by compression", "", f.header("")...)
	for _, protection := range []struct {
		slug string
		p    cookiesession.Protection
	}{{oursSigned, cookiesession.Signed}, {oursEncrypted, cookiesession.Encrypted}} {
		for _, c := range []struct {
			name string
			c    cookiesession.Compression
		}{{"auto", cookiesession.CompressAuto}, {"isolated", cookiesession.CompressIsolated}, {"off", cookiesession.CompressOff}} {
			o := oursWith(protection.slug, cookiesession.Options{
				MaxSize: cookieMax, WarnSize: -1, Protection: protection.p, Compression: c.c})
			f.each(t, protection.p.String()+", "+c.name, func(p *payload) string { return fmt.Sprint(o.weight(p.value)) })
		}
	}
	t.write(w)
}

// dictionaries are DEFLATE's with a preset dictionary: all that a family packs
// to, the longest last, where distances are short.
func (f *formatReport) dictionaries(w io.Writer) {
	t := newTable("DEFLATE with a preset dictionary: characters of the signed cookie",
		"a dictionary is the packed entries of a family; of its own family: of the other payloads in it. Kept by the same rule, but from 0 bytes on",
		f.header("")...)
	with := func(dictionary func(*payload) []byte) func(*payload) string {
		return func(p *payload) string {
			src := f.entries[p.name].entries
			n := len(newDeflate(6, dictionary(p)).squeeze(nil, src))
			if n > len(src)-len(src)/10 {
				n = len(src)
			}
			return fmt.Sprint(signedCharacters(n))
		}
	}
	f.each(t, "none", func(p *payload) string { return fmt.Sprint(signedCharacters(f.entries[p.name].stored)) })
	f.each(t, "of the other family", with(func(p *payload) []byte { return f.dictionary(p, false) }))
	f.each(t, "of its own family", with(func(p *payload) []byte { return f.dictionary(p, true) }))
	t.write(w)
}

func (f *formatReport) dictionary(p *payload, own bool) []byte {
	var parts [][]byte
	for _, family := range families {
		if slices.Contains(family.payloads, p) != own {
			continue
		}
		for _, other := range family.payloads {
			if other != p {
				parts = append(parts, f.entries[other.name].entries)
			}
		}
	}
	slices.SortFunc(parts, func(a, b []byte) int { return len(a) - len(b) })
	return slices.Concat(parts...)
}

// names compares with sessions whose keys are not in the table of names.
func (f *formatReport) names(w io.Writer) {
	t := newTable("The table of names: characters of the signed cookie",
		"without: each key in the table is spelled backwards, so that it is not", f.header("")...)
	without := map[string]anatomy{}
	shared := map[string]int{}
	for _, p := range f.payloads {
		renamed := rename(p.value, func(name string) string {
			if !inTable(name) {
				return name
			}
			shared[p.name]++
			return unknownName(name)
		}).(map[string]any)
		a, err := entriesOf(renamed)
		if err == nil {
			without[p.name] = a
		}
	}
	withoutText := func(p *payload, text func(anatomy) string) string {
		if a, fits := without[p.name]; fits {
			return text(a)
		}
		return "too large"
	}
	f.each(t, "keys in the table", func(p *payload) string { return fmt.Sprint(shared[p.name]) })
	f.each(t, "with", func(p *payload) string { return fmt.Sprint(signedCharacters(f.entries[p.name].stored)) })
	f.each(t, "without", func(p *payload) string {
		return withoutText(p, func(a anatomy) string { return fmt.Sprint(signedCharacters(a.stored)) })
	})
	f.each(t, "saved", func(p *payload) string {
		return withoutText(p, func(a anatomy) string {
			return fmt.Sprint(signedCharacters(a.stored) - signedCharacters(f.entries[p.name].stored))
		})
	})
	f.each(t, "saved, nothing deflated", func(p *payload) string {
		return withoutText(p, func(a anatomy) string {
			return fmt.Sprint(signedCharacters(len(a.entries)) - signedCharacters(len(f.entries[p.name].entries)))
		})
	})
	t.write(w)
}

// rename copies v with each key of a map as f gives it.
func rename(v any, f func(string) string) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out[f(k)] = rename(v[k], f)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, v := range v {
			out[i] = rename(v, f)
		}
		return out
	}
	return v
}

// unknownName has the length and the letters of a name, and is not in the table.
func unknownName(name string) string {
	b := []byte(name)
	slices.Reverse(b)
	if back := string(b); back != name && !inTable(back) {
		return back
	}
	for i := range b {
		b[i] = 'q'
	}
	return string(b)
}

// inTable finds out by length: a key of the table takes two bytes at most,
// another its text and a byte.
func inTable(name string) bool {
	a, err := entriesOf(map[string]any{name: 1})
	must(err)
	if len(name) == 1 {
		return len(a.entries) == 2
	}
	return len(a.entries) < 1+len(name)+1 && len(a.entries) <= 3
}

func (f *formatReport) tags(w io.Writer) {
	t := newTable("The length of the tag: characters of the signed cookie", "", f.header("bytes of the tag")...)
	for _, n := range []int{8, 12, tagSize, 32} {
		f.each(t, fmt.Sprint(n), func(p *payload) string {
			return fmt.Sprint(characters(headerSize + 5 + idSize + f.entries[p.name].stored + n))
		})
	}
	t.write(w)
}

// overhead is what a cookie has beside its entries.
func (f *formatReport) overhead(w io.Writer) {
	t := newTable("What a small session consists of, in bytes", "four characters are three bytes",
		"", "header", "flags", "created", "ID", "tag", "entries", "in all", "characters", "encrypted: nonce", "in all", "characters")
	for _, row := range []struct {
		title  string
		values map[string]any
	}{
		{`{"user_id": 1}`, map[string]any{"user_id": 1}},
		{`{"user_id": a UUID}`, map[string]any{"user_id": "19ba193f-b081-4eca-8d36-c510aec2faa4"}},
		{"tiny", payloadOf("tiny").value},
		{"anonymous", payloadOf("anonymous").value},
	} {
		a, err := entriesOf(row.values)
		must(err)
		total := a.header + a.flags + a.created + a.id + a.tag + a.stored
		t.row(row.title, fmt.Sprint(a.header), fmt.Sprint(a.flags), fmt.Sprint(a.created), fmt.Sprint(a.id), fmt.Sprint(a.tag),
			fmt.Sprint(a.stored), fmt.Sprint(total), fmt.Sprint(characters(total)),
			fmt.Sprint(nonceSize), fmt.Sprint(total+nonceSize), fmt.Sprint(characters(total+nonceSize)))
	}
	t.write(w)
}
