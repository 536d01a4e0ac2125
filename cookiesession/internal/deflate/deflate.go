// Package deflate compresses a block of bytes as one raw DEFLATE stream (RFC
// 1951), and inflates it within a limit. It is safe for concurrent use.
package deflate

import (
	"errors"
	"sync"

	"github.com/klauspost/compress/flate"
)

// Measured on packed sessions, level 9 takes twice the time of level 6 and saves
// no more than 1.5 in 100 bytes.
const level = 6

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

var writers = sync.Pool{New: func() any {
	w := new(writer)
	w.flate, _ = flate.NewWriter(w, level) // fails on an unknown level only
	return w
}}

// Append appends src, compressed, to dst.
func Append(dst, src []byte) []byte {
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
