// Package deflate compresses a block of bytes as one raw DEFLATE stream (RFC
// 1951), and inflates it within a limit. It is safe for concurrent use.
package deflate

import (
	"errors"
	"sync"

	"github.com/klauspost/compress/flate"
)

// An Effort is how hard Append tries.
type Effort int

// The efforts, as levels of the library. Measured on packed sessions of 1 to 6 KB, Best saves
// 2 in 100 bytes of the largest and takes half again the time; the levels above save no more.
//
// The pools hold a writer for each call that was under way at once, about 1 MiB each, until
// the garbage collector empties them.
const (
	Fast Effort = 5
	Best Effort = 7
)

// A writer belongs to one call at a time. Between calls it refers to no buffer
// of a caller's; what remains is the window inside flate.
type writer struct {
	flate *flate.Writer
	dst   []byte
}

func (w *writer) Write(b []byte) (int, error) {
	w.dst = append(w.dst, b...)
	return len(b), nil
}

var fast, best = pool(Fast), pool(Best)

func pool(e Effort) *sync.Pool {
	return &sync.Pool{New: func() any {
		w := new(writer)
		w.flate, _ = flate.NewWriter(w, int(e)) // fails on an unknown level only
		return w
	}}
}

// Append appends src, compressed, to dst.
func Append(dst, src []byte, e Effort) []byte {
	writers := fast
	if e == Best {
		writers = best
	}
	w := writers.Get().(*writer)
	w.flate.Reset(w)
	w.dst = dst
	_, err := w.flate.Write(src)
	err = errors.Join(err, w.flate.Close())
	dst, w.dst = w.dst, nil
	if err != nil {
		panic("deflate: " + err.Error()) // Write above never fails
	}
	writers.Put(w)
	return dst
}
