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

var decoders = sync.Pool{New: func() any { return new(decoder) }}

const (
	maxLength    = 15 // bits of a code
	maxLiterals  = 286
	maxDistances = 30
	width        = 9 // bits that a table is looked up by
)

// A huffman decodes one alphabet by tables: the first bits of the input give an entry,
// symbol<<4 | length. Where the code is longer than that, its length is 0 and the symbol
// is where, in more, the entries by the further bits begin; how many those are stands in wide.
type huffman struct {
	table [1 << width]uint16
	more  [maxLiterals / 2 << (maxLength - width)]uint16 // each first part has two codes or more
	wide  uint
	empty bool
}

// build makes the tables for the code lengths of the symbols. Codes are canonical (RFC
// 1951, section 3.2.2). They must be complete, but for a single code of one bit, and
// for none at all, of which the use is an error.
func (h *huffman) build(lengths []uint8) bool {
	var count [maxLength + 1]int
	longest := uint(0)
	for _, n := range lengths {
		count[n]++
		longest = max(longest, uint(n))
	}
	count[0] = 0
	h.empty = longest == 0
	if h.empty {
		return true
	}
	var next [maxLength + 2]int
	for n := uint(1); n <= longest; n++ {
		next[n+1] = (next[n] + count[n]) << 1
	}
	switch total := next[longest+1] >> 1; {
	case total == 1<<longest:
	case total == 1 && longest == 1:
		clear(h.table[:]) // the other code is an error
	default:
		return false
	}
	h.wide = 0
	if longest > width {
		h.wide = longest - width
		clear(h.table[:]) // so that it is seen which prefixes have their place
	}
	used := 0
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		length := uint(n)
		code := uint(bits.Reverse16(uint16(next[length]) << (16 - length)))
		next[length]++
		entry := uint16(symbol)<<4 | uint16(length)
		if length <= width {
			for i := code; i < 1<<width; i += 1 << length {
				h.table[i] = entry
			}
			continue
		}
		first := &h.table[code&(1<<width-1)]
		if *first == 0 {
			*first = uint16(used+1) << 4
			used++
		}
		start := int(*first>>4-1) << h.wide
		for i := code >> width; i < 1<<h.wide; i += 1 << (length - width) {
			h.more[start+int(i)] = entry
		}
	}
	return true
}

// further is the entry of a code that is longer than the table is wide.
func (h *huffman) further(first uint16, bits uint64) uint16 {
	return h.more[uint(first>>4-1)<<h.wide|uint(bits>>width)&(1<<h.wide-1)]
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
	entry := h.table[d.bits&(1<<width-1)]
	if entry&15 == 0 {
		if entry == 0 {
			return 0, false
		}
		entry = h.further(entry, d.bits)
	}
	n := uint(entry & 15)
	if d.count < n {
		return 0, false
	}
	d.bits >>= n
	d.count -= n
	return uint(entry >> 4), true
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
		slices.Repeat([]uint8{7}, 24), slices.Repeat([]uint8{8}, 8)))
	distances.build(slices.Repeat([]uint8{5}, 32))
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
	if !d.codes.build(first[:]) {
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
	return d.literal.build(lengths[:literals]) && d.distant.build(lengths[literals:])
}

// block reads literals and matches up to the end of the block (section 3.2.5). It
// does what fill, symbol and take do, on variables of its own: here most of the time goes.
func (d *decoder) block() (err error) {
	in, acc, count := d.in, d.bits, d.count
	out, at := d.out[:cap(d.out)], len(d.out) // at is where the next byte goes
	literals, distances := &d.literal.table, &d.distant.table
	err = ErrMalformed
	if d.literal.empty {
		return err
	}
loop:
	for {
		if count < maxLength {
			in, acc, count = refill(in, acc, count)
			// Where there is room, literals by twos and threes: these bits suffice.
			for len(out)-at >= 3 && d.most-at >= 3 && count >= 3*width {
				entry := literals[acc&(1<<width-1)]
				if entry&15 == 0 || entry >= 256<<4 {
					break
				}
				out[at] = byte(entry >> 4)
				at++
				acc >>= entry & 15
				count -= uint(entry & 15)
			}
		}
		entry := literals[acc&(1<<width-1)]
		if entry&15 == 0 {
			if entry == 0 {
				break
			}
			entry = d.literal.further(entry, acc)
		}
		n := uint(entry & 15)
		if count < n {
			break
		}
		acc >>= n
		count -= n
		symbol := uint(entry >> 4)
		if symbol < 256 {
			if at >= len(out) || at >= d.most {
				if at >= d.most {
					err = ErrTooLarge
					break
				}
				out = d.grow(out[:at], 1)
			}
			out[at] = byte(symbol)
			at++
			continue
		}
		if symbol == 256 {
			err = nil
			break
		}
		// What extends the length, the distance, and what extends that: 33 bits.
		if count < 5+maxLength+13 {
			in, acc, count = refill(in, acc, count)
		}
		length := 258
		switch {
		case symbol >= maxLiterals:
			break loop
		case symbol < 265:
			length = int(symbol) - 257 + 3
		case symbol < 285:
			n := (symbol - 261) >> 2
			if count < n {
				break loop
			}
			length = int((symbol-261)&3<<n + 4<<n + 3 + uint(acc&(1<<n-1)))
			acc >>= n
			count -= n
		}

		if d.distant.empty {
			break
		}
		entry = distances[acc&(1<<width-1)]
		if entry&15 == 0 {
			if entry == 0 {
				break
			}
			entry = d.distant.further(entry, acc)
		}
		n, symbol = uint(entry&15), uint(entry>>4)
		if count < n || symbol >= maxDistances {
			break
		}
		acc >>= n
		count -= n
		distance := int(symbol) + 1
		if symbol >= 4 {
			n := symbol>>1 - 1
			if count < n {
				break
			}
			distance = int((2+symbol&1)<<n + 1 + uint(acc&(1<<n-1)))
			acc >>= n
			count -= n
		}
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
	return out[:cap(out)]
}
