package cookiesession

import (
	"iter"
	"sync"
)

// A scratch is memory for one call of Open or Seal. Nothing that outlives the
// call refers to it: a session has its own copy of what was opened, and a
// cookie's text is a string. It is wiped when it goes back.
//
// The pool holds as many as calls were under way at once, mostly 8 KiB each and never more than
// 40 KiB, and the garbage collector empties it.
type scratch struct {
	raw  []byte // header, body and tag
	more []byte // what is made of them: a deflated block, a ciphertext, the text
}

var scratches = sync.Pool{New: func() any {
	return &scratch{make([]byte, 0, largestCookie), make([]byte, 0, largestCookie)}
}}

// A gathering takes the candidates of one request out of their iterator. It is pooled with its
// function, which would be made anew for each request otherwise.
type gathering struct {
	values []string
	add    func(string) bool
	done   bool // the iterator has returned, and must not call add any more
}

var gatherings = sync.Pool{New: func() any {
	g := &gathering{values: make([]string, 0, maxCandidates+1)}
	g.add = func(value string) bool {
		if g.done || len(g.values) == cap(g.values) {
			panic("cookiesession: an iterator of candidates went on after its end")
		}
		g.values = append(g.values, value)
		return len(g.values) <= maxCandidates
	}
	return g
}}

// gather runs the iterator.
func (g *gathering) gather(candidates iter.Seq[string]) []string {
	g.done = false
	candidates(g.add)
	g.done = true
	return g.values
}

func (g *gathering) free() {
	clear(g.values)
	g.values = g.values[:0]
	gatherings.Put(g)
}

// free wipes all of it, as what was written may have been cut, and gives it back.
func (w *scratch) free() {
	clear(w.raw[:cap(w.raw)])
	clear(w.more[:cap(w.more)])
	// What had to grow beyond what a cookie can hold inflated, mostly, is not kept.
	const most = 5 * largestCookie
	if cap(w.raw) <= most && cap(w.more) <= most {
		w.raw, w.more = w.raw[:0], w.more[:0]
		scratches.Put(w)
	}
}
