package main

import "fmt"

// A cell is one thing to be measured: a benchmark with its parameters. run does
// it n times.
type cell struct {
	key
	run   func(n int)
	procs int // GOMAXPROCS; 0: as it is
	gogc  int // 0: as it is
}

// A key names a cell, as benchstat has it:
// BenchmarkRead/payload=login/subject=ours-signed.
type key struct {
	bench   string
	of      string // "payload=login"
	subject string
}

func (k key) String() string {
	return fmt.Sprintf("Benchmark%s/%s/subject=%s", k.bench, k.of, k.subject)
}

// A group is cells that are compared with each other; they are measured next to
// each other, in turn.
type group []cell

// acts are the end to end benchmarks.
var acts = []struct {
	bench string
	title string
	act   act
	forge bool
}{
	{"Untouched", "the session is not touched", untouched, false},
	{"Read", "one value is read", readOne, false},
	{"ReadAll", "every value is read", readAll, false},
	{"Write", "one value is read, one is changed, the session is saved", writeOne, false},
	{"Forged", "one value is asked for, the cookie is forged", readOne, true},
}

// endToEnd is a group for each act and payload. A subject that cannot keep the
// payload is left out.
func endToEnd(subjects []subject, payloads []*payload) []group {
	var groups []group
	for _, p := range payloads {
		cookies := map[string]string{}
		for _, s := range subjects {
			if _, isParts := s.(*parts); isParts {
				continue
			}
			if value, _, err := cookieOf(s, p); err == nil {
				cookies[s.name()] = value
			}
		}
		for _, s := range subjects {
			if f, isParts := s.(*parts); isParts {
				value, fits := cookies[f.of.name()]
				if fits && (!f.second() || f.inflates(p)) {
					cookies[f.slug] = value
				}
			}
		}
		for _, a := range acts {
			var g group
			for _, s := range subjects {
				cookie, fits := cookies[s.name()]
				if !fits || !does(s.name(), a.bench) {
					continue
				}
				if a.forge {
					cookie = forge(cookie)
				}
				x := newExchange(s.handler(a.act, &job{payload: p}), cookie)
				g = append(g, cell{key: key{a.bench, "payload=" + p.name, s.name()}, run: x.repeat})
			}
			groups = append(groups, g)
		}
	}
	return groups
}

// does reports whether a benchmark says anything about a subject.
func does(subject, bench string) bool {
	switch subject {
	case contextOnly, nothing:
		return bench == "Untouched"
	case partsSigned, partsSignedKlauspost, partsEncrypted, partsEncryptedKlauspost:
		return bench == "Read" || bench == "Write"
	case plainCookie:
		return bench != "Untouched" && bench != "Forged"
	case oursSigned, oursEncrypted, scsMemory:
		return true
	}
	return bench != "Untouched" // without a middleware, there is nothing to do
}

// codecs is a group for each direction and payload, without HTTP: from all
// values to the cookie's text, and back to all values.
func codecs(subjects []subject, payloads []*payload) []group {
	var groups []group
	for _, p := range payloads {
		var encode, decode group
		for _, s := range subjects {
			c, isCoder := s.(coder)
			if !isCoder {
				continue
			}
			text, err := c.encode(p.value)
			if err != nil {
				continue
			}
			of := "payload=" + p.name
			encode = append(encode, cell{key: key{"Encode", of, s.name()}, run: func(n int) {
				for range n {
					_, err := c.encode(p.value)
					must(err)
				}
			}})
			decode = append(decode, cell{key: key{"Decode", of, s.name()}, run: func(n int) {
				for range n {
					_, err := c.decode(text)
					must(err)
				}
			}})
		}
		groups = append(groups, encode, decode)
	}
	return groups
}
