package main

import (
	"bytes"
	"io"
	"runtime"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// A compressor is a way to compress entries. What make gives is what a pool
// would hold; it is used again and again.
type compressor struct {
	name string
	make func() squeezer
}

// A squeezer is used by one goroutine at a time.
type squeezer interface {
	squeeze(dst, src []byte) []byte
	expand(dst, src []byte) ([]byte, error)
}

var compressors = []compressor{
	{"flate-6", func() squeezer { return newDeflate(6, nil) }},
	{"flate-1", func() squeezer { return newDeflate(1, nil) }},
	{"flate-9", func() squeezer { return newDeflate(9, nil) }},
	{"zstd-fastest", func() squeezer { return newZstd(zstd.SpeedFastest) }},
	{"zstd-default", func() squeezer { return newZstd(zstd.SpeedDefault) }},
	{"zstd-better", func() squeezer { return newZstd(zstd.SpeedBetterCompression) }},
	{"s2", func() squeezer { return s2Squeezer{s2.Encode} }},
	{"s2-best", func() squeezer { return s2Squeezer{s2.EncodeBest} }},
}

type deflate struct {
	w    *flate.Writer
	r    io.ReadCloser
	dict []byte
	out  bytes.Buffer
	in   bytes.Reader
}

func newDeflate(level int, dict []byte) *deflate {
	d := &deflate{dict: dict}
	var err error
	if dict == nil {
		d.w, err = flate.NewWriter(&d.out, level)
	} else {
		d.w, err = flate.NewWriterDict(&d.out, level, dict)
	}
	must(err)
	d.r = flate.NewReaderDict(&d.in, dict)
	return d
}

func (d *deflate) squeeze(dst, src []byte) []byte {
	d.out.Reset()
	if d.dict == nil {
		d.w.Reset(&d.out)
	} else {
		d.w.ResetDict(&d.out, d.dict)
	}
	_, err := d.w.Write(src)
	must(err)
	must(d.w.Close())
	return append(dst, d.out.Bytes()...)
}

func (d *deflate) expand(dst, src []byte) ([]byte, error) {
	d.in.Reset(src)
	if err := d.r.(flate.Resetter).Reset(&d.in, d.dict); err != nil {
		return nil, err
	}
	b := bytes.NewBuffer(dst)
	_, err := b.ReadFrom(d.r)
	return b.Bytes(), err
}

type zstdSqueezer struct {
	w *zstd.Encoder
	r *zstd.Decoder
}

// newZstd is as small as it can be made: no checksum, for a tag stands after
// it, one goroutine, and a window that a session fits in.
func newZstd(level zstd.EncoderLevel) zstdSqueezer {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderCRC(false),
		zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(64<<10), zstd.WithLowerEncoderMem(true), zstd.WithSingleSegment(true))
	must(err)
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(64<<10))
	must(err)
	return zstdSqueezer{w, r}
}

func (z zstdSqueezer) squeeze(dst, src []byte) []byte { return z.w.EncodeAll(src, dst) }

func (z zstdSqueezer) expand(dst, src []byte) ([]byte, error) { return z.r.DecodeAll(src, dst) }

// s2 keeps nothing between calls.
type s2Squeezer struct{ encode func(dst, src []byte) []byte }

func (s s2Squeezer) squeeze(dst, src []byte) []byte {
	return append(dst, s.encode(nil, src)...)
}

func (s s2Squeezer) expand(dst, src []byte) ([]byte, error) {
	b, err := s2.Decode(nil, src)
	return append(dst, b...), err
}

// held is what one squeezer holds once it was used, in bytes.
func (c *compressor) held(src []byte) float64 {
	const n = 4
	heap := func() float64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	var all [n]squeezer
	before := heap()
	for i := range all {
		all[i] = c.make()
		_, err := all[i].expand(nil, all[i].squeeze(nil, src))
		must(err)
	}
	after := heap()
	runtime.KeepAlive(all)
	return max(0, after-before) / n
}
