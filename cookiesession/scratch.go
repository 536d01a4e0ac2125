package cookiesession

import "sync"

// A scratch is memory for one call of Open or Seal. Nothing that outlives the
// call refers to it: a session has its own copy of what was opened, and a
// cookie's text is a string. It is wiped when it goes back.
//
// The pool holds as many as calls were under way at once, about 8 KiB each, and
// the garbage collector empties it.
type scratch struct {
	raw  []byte // header, body and tag
	more []byte // what is made of them: a deflated block, a ciphertext, the text
}

var scratches = sync.Pool{New: func() any {
	return &scratch{make([]byte, 0, largestCookie), make([]byte, 0, largestCookie)}
}}

// free wipes what was written and gives the scratch back.
func (w *scratch) free() {
	clear(w.raw)
	clear(w.more)
	// What had to grow, for a session that did not fit, is not kept.
	if cap(w.raw) <= 2*largestCookie && cap(w.more) <= 2*largestCookie {
		w.raw, w.more = w.raw[:0], w.more[:0]
		scratches.Put(w)
	}
}
