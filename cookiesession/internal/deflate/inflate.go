package deflate

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
	"sync"
)

var (
	// ErrTooLarge is a stream that holds more than the limit.
	ErrTooLarge = errors.New("deflate: stream too large")
	// ErrMalformed is not one whole stream, or has bytes after its end.
	ErrMalformed = errors.New("deflate: malformed stream")
)

// Inflate appends what the stream src holds to dst, limit bytes at most. On an
// error dst comes back as it was. A bomb costs the limit, not what it claims.
//
// It is a decoder of its own, for whole streams in memory. The standard library's
// reader makes its tables anew for each stream, in some thirty pieces, and
// klauspost's keeps those of the stream before, so that how a bad stream decodes
// depends on it. A fuzz test holds this one to the standard library's word.
func Inflate(dst, src []byte, limit int) ([]byte, error) {
	if limit < 0 {
		return dst, ErrTooLarge
	}
	d := decoders.Get().(*decoder)
	defer decoders.Put(d)
	d.in, d.bits, d.count = src, 0, 0
	d.out, d.base, d.most = dst, len(dst), len(dst)+limit
	err := d.stream()
	out := d.out
	d.in, d.out = nil, nil
	if err != nil {
		return dst, err
	}
	return out, nil
}

// A decoder reads one stream. Between streams it keeps its tables, whose
// content is never read before it is written again.
type decoder struct {
	in    []byte
	bits  uint64 // read from in and not used yet, the next one lowest
	count uint   // of those
	out   []byte
	base  int // where this stream begins in out: no match reaches before it
	most  int // bytes that out may have

	lengths          [maxLiterals + maxDistances]uint8
	literal, distant *huffman // those of the block
	own              [2]huffman
	codes            huffman
}

// The pool holds a decoder for each call that was under way at once, 16 KiB each.
var decoders = sync.Pool{New: func() any {
	d := new(decoder)
	d.own[0].more, d.own[1].more = make([]entry, maxLiterals/2<<(maxLength-width)), make([]entry, maxDistances/2<<(maxLength-width))
	return d
}}

const (
	maxLength    = 15 // bits of a code
	maxLiterals  = 286
	maxDistances = 30
	width        = 10 // bits that a table is looked up by
)

// A huffman decodes one alphabet by tables: the first bits of the input give the entry of
// the code that they begin with. Where that code is longer, the entry says where, in
// more, those by the further bits begin, how many of which are in wide.
type huffman struct {
	table [1 << width]entry
	more  []entry // room for all symbols: each first part has two codes or more
	wide  uint
	empty bool
}

// An entry says all of a symbol, so that nothing is computed for each occurrence:
//
//	bits 0 to 5     length of its code; 0: no code
//	bits 8 to 12    how many bits extend it
//	bit 14          the code is longer: bits 16 and up are where to look
//	bit 15          the end of the block, or a symbol that stands for nothing
//	bits 16 to 30   base of the length or distance; the literal; the symbol
//	bit 31          a literal
type entry uint32

const (
	isLonger  entry = 1 << 14
	isSpecial entry = 1 << 15
	isLiteral entry = 1 << 31
)

func (e entry) length() uint { return uint(e & 63) }
func (e entry) extra() uint  { return uint(e >> 8 & 31) }
func (e entry) value() uint  { return uint(e >> 16 & 0x7fff) }

// What the symbols stand for (sections 3.2.5 and 3.2.7), but for the lengths of their codes.
var literalEntries, distanceEntries, codeEntries = func() (literals [288]entry, distances [32]entry, codes [19]entry) {
	for i := range literals {
		n := uint(0)
		switch {
		case i < 256:
			literals[i] = isLiteral | entry(i)<<16
		case i == endOfBlock || i >= maxLiterals:
			literals[i] = isSpecial | entry(i)<<16
		case i < 265:
			literals[i] = entry(i-257+3) << 16
		case i < 285:
			n = uint(i-261) >> 2
			literals[i] = entry((i-261)&3<<n+4<<n+3)<<16 | entry(n)<<8
		default:
			literals[i] = 258 << 16
		}
	}
	for i := range distances {
		switch {
		case i < 4:
			distances[i] = entry(i+1) << 16
		case i < maxDistances:
			n := uint(i)>>1 - 1
			distances[i] = entry((2+i&1)<<n+1)<<16 | entry(n)<<8
		default:
			distances[i] = isSpecial
		}
	}
	for i := range codes {
		codes[i] = entry(i) << 16
	}
	return literals, distances, codes
}()

const endOfBlock = 256

// build makes the tables for the code lengths of the symbols, and what they stand for. Codes
// are canonical (RFC 1951, section 3.2.2). They must be complete, but for a single code of
// one bit, and for none at all, of which the use is an error.
func (h *huffman) build(lengths []uint8, symbols []entry) bool {
	var count [maxLength + 1]int
	for _, n := range lengths {
		count[n]++
	}
	count[0] = 0
	longest := uint(maxLength)
	for longest > 0 && count[longest] == 0 {
		longest--
	}
	h.empty = longest == 0
	if h.empty {
		return true
	}
	var next, at [maxLength + 2]int // the next code of each length, and its place among all
	for n := uint(1); n <= longest; n++ {
		next[n+1] = (next[n] + count[n]) << 1
		at[n+1] = at[n] + count[n]
	}
	if total := next[longest+1] >> 1; total != 1<<longest && !(total == 1 && longest == 1) {
		return false
	}
	var sorted [288]uint16 // the symbols by the lengths of their codes
	for symbol, n := range lengths {
		if n > 0 {
			sorted[at[n]] = uint16(symbol)
			at[n]++
		}
	}

	// What a shorter code decides, it decides whatever bits follow: so the table for one bit
	// more is the table twice. Where no code was yet there is none in both.
	h.table[0] = 0
	done := 0
	for n := uint(1); n <= width; n++ {
		half := 1 << (n - 1)
		copy(h.table[half:2*half], h.table[:half])
		if n > longest {
			continue
		}
		for _, symbol := range sorted[done : done+count[n]] {
			h.table[reversed(next[n], n)] = symbols[symbol] | entry(n)
			next[n]++
		}
		done += count[n]
	}
	if longest <= width {
		return true
	}
	h.wide = longest - width
	used := 0
	for n := uint(width + 1); n <= longest; n++ {
		for _, symbol := range sorted[done : done+count[n]] {
			code := reversed(next[n], n)
			next[n]++
			first := &h.table[code&(1<<width-1)]
			if *first == 0 {
				*first = isLonger | entry(used)<<16
				used += 1 << h.wide
			}
			start := int(*first >> 16)
			for i := code >> width; i < 1<<h.wide; i += 1 << (n - width) {
				h.more[start+int(i)] = symbols[symbol] | entry(n)
			}
		}
		done += count[n]
	}
	return true
}

// reversed is a code of n bits as it comes: its first bit lowest.
func reversed(code int, n uint) uint { return uint(bits.Reverse16(uint16(code) << (16 - n))) }

// further is the entry of a code that is longer than the table is wide.
func (h *huffman) further(first entry, bits uint64) entry {
	return h.more[uint(first>>16)+uint(bits>>width)&(1<<h.wide-1)]
}

// fill has at least 56 bits ready, or all that are left.
func (d *decoder) fill() {
	d.in, d.bits, d.count = refill(d.in, d.bits, d.count)
}

// take uses n bits, of those that fill has made ready.
func (d *decoder) take(n uint) (uint, bool) {
	if d.count < n {
		return 0, false
	}
	v := uint(d.bits & (1<<n - 1))
	d.bits >>= n
	d.count -= n
	return v, true
}

// symbol reads the next one, of the bits that are ready.
func (d *decoder) symbol(h *huffman) (uint, bool) {
	if h.empty {
		return 0, false
	}
	e := h.table[d.bits&(1<<width-1)]
	if e&isLonger != 0 {
		e = h.further(e, d.bits)
	}
	if _, ok := d.take(e.length()); !ok || e == 0 {
		return 0, false
	}
	return e.value(), true
}

func (d *decoder) stream() error {
	for {
		d.fill()
		head, ok := d.take(3)
		if !ok {
			return ErrMalformed
		}
		var err error
		switch head >> 1 {
		case 0:
			err = d.stored()
		case 1:
			d.literal, d.distant = &fixedLiterals, &fixedDistances
			err = d.block()
		case 2:
			if !d.dynamic() {
				return ErrMalformed
			}
			err = d.block()
		default:
			return ErrMalformed
		}
		if err != nil {
			return err
		}
		if head&1 == 1 {
			break
		}
	}
	// Whole bytes that were made ready and not used are bytes after the end.
	if d.count >= 8 || len(d.in) > 0 {
		return ErrMalformed
	}
	return nil
}

// stored copies a block as it is (section 3.2.4).
func (d *decoder) stored() error {
	d.take(d.count & 7)
	d.fill()
	n, ok := d.take(16)
	if !ok {
		return ErrMalformed
	}
	if not, ok := d.take(16); !ok || not != n^0xffff {
		return ErrMalformed
	}
	for ; n > 0 && d.count > 0; n-- {
		c, _ := d.take(8)
		if len(d.out) == d.most {
			return ErrTooLarge
		}
		d.out = append(d.out, byte(c))
	}
	if n == 0 {
		return nil
	}
	d.bits = 0 // where fill leaves bits that it has not counted yet
	have := min(n, uint(len(d.in)))
	if uint(d.most-len(d.out)) < have {
		return ErrTooLarge
	}
	d.out = append(d.out, d.in[:have]...)
	d.in = d.in[have:]
	if have < n {
		return ErrMalformed
	}
	return nil
}

// The codes of section 3.2.6. Their two last literals stand for nothing, and so do
// their two last distances.
var fixedLiterals, fixedDistances = func() (literals, distances huffman) {
	literals.build(slices.Concat(slices.Repeat([]uint8{8}, 144), slices.Repeat([]uint8{9}, 112),
		slices.Repeat([]uint8{7}, 24), slices.Repeat([]uint8{8}, 8)), literalEntries[:])
	distances.build(slices.Repeat([]uint8{5}, 32), distanceEntries[:])
	return literals, distances
}()

// order is that of the lengths of the codes for lengths (section 3.2.7).
var order = [...]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamic reads the codes of a block (section 3.2.7).
func (d *decoder) dynamic() bool {
	d.fill()
	head, ok := d.take(14)
	if !ok {
		return false
	}
	literals, distances, codes := int(head&31)+257, int(head>>5&31)+1, int(head>>10)+4
	if literals > maxLiterals || distances > maxDistances {
		return false
	}
	var first [len(order)]uint8
	for _, at := range order[:codes] {
		d.fill()
		n, ok := d.take(3)
		if !ok {
			return false
		}
		first[at] = uint8(n)
	}
	if !d.codes.build(first[:], codeEntries[:]) {
		return false
	}
	lengths := d.lengths[:literals+distances]
	for i := 0; i < len(lengths); {
		d.fill()
		n, ok := d.symbol(&d.codes)
		if !ok {
			return false
		}
		if n < 16 {
			lengths[i] = uint8(n)
			i++
			continue
		}
		var again uint8
		var times uint
		switch n {
		case 16:
			if i == 0 {
				return false
			}
			again = lengths[i-1]
			times, ok = d.take(2)
			times += 3
		case 17:
			times, ok = d.take(3)
			times += 3
		case 18:
			times, ok = d.take(7)
			times += 11
		}
		if !ok || uint(len(lengths)-i) < times {
			return false
		}
		for range times {
			lengths[i] = again
			i++
		}
	}
	d.literal, d.distant = &d.own[0], &d.own[1]
	return d.literal.build(lengths[:literals], literalEntries[:]) && d.distant.build(lengths[literals:], distanceEntries[:])
}

// block reads literals and matches up to the end of the block (section 3.2.5). It
// does what fill, symbol and take do, on variables of its own: here most of the time goes.
func (d *decoder) block() (err error) {
	in, acc, count := d.in, d.bits, d.count
	out, at := d.out[:min(cap(d.out), d.most)], len(d.out) // at is where the next byte goes
	literals, distances := &d.literal.table, &d.distant.table
	err = ErrMalformed
	if d.literal.empty {
		return err
	}
	for {
		if count < maxLength {
			in, acc, count = refill(in, acc, count)
		}
		e := literals[acc&(1<<width-1)]
		if e&isLonger != 0 {
			e = d.literal.further(e, acc)
		}
		n := e.length()
		if count < n || n == 0 {
			break
		}
		acc >>= n
		count -= n
		if e&isLiteral != 0 {
			if at >= len(out) {
				if at == d.most {
					err = ErrTooLarge
					break
				}
				out = d.grow(out[:at], 1)
			}
			out[at] = byte(e >> 16)
			at++
			continue
		}
		if e&isSpecial != 0 {
			if e.value() == endOfBlock {
				err = nil
			}
			break
		}
		// What extends the length, the distance, and what extends that: 33 bits.
		if count < 5+maxLength+13 {
			in, acc, count = refill(in, acc, count)
		}
		n = e.extra()
		if count < n {
			break
		}
		length := int(e.value() + uint(acc&(1<<n-1)))
		acc >>= n
		count -= n

		if d.distant.empty {
			break
		}
		e = distances[acc&(1<<width-1)]
		if e&isLonger != 0 {
			e = d.distant.further(e, acc)
		}
		n = e.length()
		if count < n+e.extra() || n == 0 || e&isSpecial != 0 {
			break
		}
		acc >>= n
		distance := int(e.value() + uint(acc&(1<<e.extra()-1)))
		acc >>= e.extra()
		count -= n + e.extra()
		if distance > at-d.base {
			break
		}
		if d.most-at < length {
			err = ErrTooLarge
			break
		}
		if len(out)-at < length {
			out = d.grow(out[:at], length)
		}
		// The match may run into what it writes.
		from := at - distance
		for to := at + length; at < to; {
			at += copy(out[at:to], out[from:at])
		}
	}
	d.in, d.bits, d.count, d.out = in, acc, count, out[:at]
	return err
}

// refill is fill on variables.
func refill(in []byte, acc uint64, count uint) ([]byte, uint64, uint) {
	if len(in) >= 8 {
		acc |= binary.LittleEndian.Uint64(in) << (count & 63)
		return in[(63-count)>>3:], acc, count | 56
	}
	for count <= 56 && len(in) > 0 {
		acc |= uint64(in[0]) << (count & 63)
		in = in[1:]
		count += 8
	}
	return in, acc, count
}

// grow makes room for n bytes more, which the limit allows, and for as many as
// stand there already, which it need not.
func (d *decoder) grow(out []byte, n int) []byte {
	out = slices.Grow(out, max(n, min(512+len(out), d.most-len(out))))
	return out[:min(cap(out), d.most)]
}
