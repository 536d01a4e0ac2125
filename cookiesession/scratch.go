package cookiesession

import "sync"

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
}

var gatherings = sync.Pool{New: func() any {
	g := &gathering{values: make([]string, 0, maxCandidates+1)}
	g.add = func(value string) bool {
		g.values = append(g.values, value)
		return len(g.values) <= maxCandidates
	}
	return g
}}

func (g *gathering) free() {
	clear(g.values)
	g.values = g.values[:0]
	gatherings.Put(g)
}

// free wipes what was written and gives the scratch back.
func (w *scratch) free() {
	clear(w.raw)
	clear(w.more)
	// What had to grow beyond what a cookie can hold inflated, mostly, is not kept.
	const most = 5 * largestCookie
	if cap(w.raw) <= most && cap(w.more) <= most {
		w.raw, w.more = w.raw[:0], w.more[:0]
		scratches.Put(w)
	}
}
