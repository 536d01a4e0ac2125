package deflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"slices"
	"sync"
)

var (
	// ErrTooLarge is a stream that holds more than the limit.
	ErrTooLarge = errors.New("deflate: stream too large")
	// ErrMalformed is not one whole stream, or has bytes after its end.
	ErrMalformed = errors.New("deflate: malformed stream")
)

// The standard library's reader, not klauspost's: that one keeps Huffman
// tables across Reset, so that how a bad stream decodes depends on the streams
// before it.
type reader struct {
	flate io.Reader
	src   bytes.Reader // as a ByteReader it is not read past the stream's end
}

var readers = sync.Pool{New: func() any {
	r := new(reader)
	r.flate = flate.NewReader(&r.src)
	return r
}}

// Inflate appends what the stream src holds to dst, limit bytes at most. On an
// error dst comes back as it was. A bomb costs the limit, not what it claims.
func Inflate(dst, src []byte, limit int) ([]byte, error) {
	r := readers.Get().(*reader)
	defer readers.Put(r)
	r.src.Reset(src)
	defer r.src.Reset(nil)
	if err := r.flate.(flate.Resetter).Reset(&r.src, nil); err != nil {
		return dst, ErrMalformed
	}
	most := len(dst) + limit
	if limit < 0 {
		return dst, ErrTooLarge
	}
	var beyond [1]byte
	for out := dst; ; {
		if len(out) == cap(out) && len(out) < most {
			out = slices.Grow(out, min(max(512, 2*len(src)), most-len(out)))
		}
		room := out[len(out):min(cap(out), most)]
		if len(room) == 0 {
			room = beyond[:] // the stream may end here, or hold too much
		}
		n, err := r.flate.Read(room)
		switch {
		case n > 0 && len(out) == most:
			return dst, ErrTooLarge
		case err == io.EOF && r.src.Len() == 0:
			return out[:len(out)+n], nil
		case err != nil:
			return dst, ErrMalformed
		}
		out = out[:len(out)+n]
	}
}
