package cookiesession

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cookiesession/go/cookiesession/internal/deflate"
	"github.com/cookiesession/go/cookiesession/internal/envelope"
	"github.com/cookiesession/go/cookiesession/internal/pack"
)

// An entry is one key and its value, in up to three forms, each made from the
// one before it when it is asked for:
//
//	stored  as it stood in the cookie: packed, perhaps deflated (tag 226)
//	packed  inflated
//	plain   unpacked CBOR, or what the Serializer wrote (tag 227)
//
// An entry is never changed once it is in a table, but for these; a new value
// is a new entry.
type entry struct {
	key     string
	stored  []byte // nil for a value set since
	packed  []byte
	plain   []byte
	foreign bool // plain is a Serializer's
	bound   int  // of plain, once packed was gone over
	taken   int  // bytes of key and stored in the cookie
	weight  int  // bytes it took when the table was last assembled
}

// Tags of ours, by their CBOR heads.
var (
	deflatedTag = []byte{0xd8, 226}
	foreignTag  = []byte{0xd8, 227}
)

// A value, or all of them, below this size is not offered to DEFLATE: it would rarely save
// a tenth.
const deflateFrom = 400

// From this size on a block comes near to what a cookie holds, and is compressed as
// far as it goes.
const bestFrom = 4 << 10

// pays reports whether compressing was worth the time to undo it.
func pays(before, after int) bool { return after <= before-before/10 }

// errPlain is the limit on a whole session before packing and compression.
var errPlain = fmt.Errorf("the session is larger than %d bytes before compression", maxPlain)

var errTag = errors.New("a tag of this format around something else than a byte string")

// cutBytes reads the byte string under a tag that has been cut off already.
func cutBytes(item []byte) ([]byte, error) {
	if len(item) == 0 || item[0]>>5 != 2 {
		return nil, errTag
	}
	if n, err := pack.Next(item); err != nil || n != len(item) {
		return nil, errTag
	}
	_, head := cutHead(item)
	return item[head:], nil
}

// appendBytes writes the byte string b under a tag.
func appendBytes(dst, tag, b []byte) []byte {
	dst = append(dst, tag...)
	switch n := len(b); {
	case n < 24:
		dst = append(dst, 0x40|byte(n))
	case n < 1<<8:
		dst = append(dst, 0x58, byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 0x59), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, 0x5a), uint32(n))
	}
	return append(dst, b...)
}

// scalar makes the entry of a value of one of the usual types, without the
// encoder: it says what the encoder would.
func (e *entry) scalar(v any) bool {
	switch v := v.(type) {
	case string:
		if len(v) > maxPlain/2 || !utf8.ValidString(v) {
			return false
		}
		var same bool
		if e.packed, same = pack.AppendString(make([]byte, 0, len(v)+5), v); same {
			e.plain = e.packed
		} else {
			e.plain = pack.AppendPlainString(make([]byte, 0, len(v)+5), v)
		}
	case int:
		e.packed = pack.AppendInt(make([]byte, 0, 9), int64(v))
		e.plain = e.packed
	case int64:
		e.packed = pack.AppendInt(make([]byte, 0, 9), v)
		e.plain = e.packed
	case bool:
		e.packed = pack.AppendBool(make([]byte, 0, 1), v)
		e.plain = e.packed
	default:
		return false
	}
	return true
}

func (e *entry) inflated() ([]byte, error) {
	if e.packed != nil {
		return e.packed, nil
	}
	item, deflated := bytes.CutPrefix(e.stored, deflatedTag)
	if !deflated {
		e.packed = e.stored
		return e.packed, nil
	}
	b, err := cutBytes(item)
	if err != nil {
		return nil, err
	}
	if b, err = deflate.Inflate(nil, b, maxPlain); err != nil {
		return nil, errors.New("its DEFLATE stream does not inflate")
	}
	n, most, err := pack.Measure(b)
	if err != nil || n != len(b) {
		return nil, errors.New("it does not inflate to one item")
	}
	e.packed, e.bound = b, most
	return b, nil
}

// A table is the entries of one session, sorted by key. A session that was
// opened keeps them as they stood in the cookie, checked but not taken apart,
// until more is asked for than single values.
type table struct {
	raw     []byte     // the pairs as they were, nil once they are taken apart
	starts  [16]uint16 // where the first of them begin in raw
	pairs   int        // how many there are
	content int        // bytes that they took in the cookie
	source  source     // where the pairs come from, until it is read
	entries []*entry
	plain   int // bytes of keys and plain values known so far
	opened  int // bytes of keys and values as the cookie had them, opened so far
}

// all are the entries, each by itself.
func (t *table) all() []*entry {
	if t.raw == nil {
		return t.entries
	}
	raw := t.raw
	t.raw = nil
	block := make([]entry, t.pairs)
	t.entries = make([]*entry, t.pairs, t.pairs+2)
	for i := range block {
		p, rest, _ := cutPair(raw) // which parsePairs has seen
		e := &block[i]
		e.key, e.stored, e.bound, e.taken = pack.Name(p.key), p.value, p.bound, len(raw)-len(rest)
		raw = rest
		t.entries[i] = e
	}
	return t.entries
}

// peek finds the value of a key in the pairs as they were: nil if there is none. It only slices.
// Where more pairs stand there than it knows the places of, it may not know.
func (t *table) peek(key string) (value []byte, known bool) {
	if t.raw == nil || len(t.raw) > maxPlain/4 { // of more, what is read must be counted
		return nil, false
	}
	for i := range min(t.pairs, len(t.starts)) {
		found, rest, _ := pack.CutKey(t.raw[t.starts[i]:]) // which parsePairs has seen
		if string(found) < key {
			continue
		}
		if string(found) != key {
			return nil, true
		}
		switch {
		case i+1 == t.pairs:
			return rest, true
		case i+1 < len(t.starts):
			after := len(t.raw) - int(t.starts[i+1])
			return rest[:len(rest)-after], true
		}
		return nil, false
	}
	return nil, t.pairs <= len(t.starts)
}

func (t *table) find(key string) (int, bool) {
	return slices.BinarySearchFunc(t.all(), key, func(e *entry, key string) int {
		return strings.Compare(e.key, key)
	})
}

func (t *table) get(key string) *entry {
	if i, ok := t.find(key); ok {
		return t.entries[i]
	}
	return nil
}

// put adds an entry or replaces the one of its key.
func (t *table) put(e *entry) {
	i, ok := t.find(e.key)
	if ok {
		t.forget(t.entries[i])
		t.entries[i] = e
	} else {
		t.entries = slices.Insert(t.entries, i, e)
	}
	t.plain += len(e.key) + len(e.plain)
}

func (t *table) remove(key string) bool {
	i, ok := t.find(key)
	if ok {
		t.forget(t.entries[i])
		t.entries = slices.Delete(t.entries, i, i+1)
	}
	return ok
}

func (t *table) forget(e *entry) {
	t.plain -= len(e.key)
	if e.plain != nil {
		t.plain -= len(e.plain)
	}
}

// open returns the entry's plain form. What the cookie had counts against the
// limit once; what was set since is checked when the session is sealed.
func (t *table) open(e *entry) ([]byte, error) {
	if e.plain != nil {
		return e.plain, nil
	}
	packed, err := e.inflated()
	if err != nil {
		return nil, err
	}
	left := maxPlain - t.opened
	var plain []byte
	item, foreign := bytes.CutPrefix(packed, foreignTag)
	if foreign {
		if plain, err = cutBytes(item); err == nil && len(plain) > left {
			err = errPlain
		}
	} else if len(packed) <= left && pack.IsPlain(packed) {
		plain = packed
	} else if plain, err = pack.Unpack(nil, packed, left); errors.Is(err, pack.ErrTooLarge) {
		err = errPlain
	} else if err != nil {
		err = packError(err)
	}
	if err != nil {
		return nil, err
	}
	e.plain, e.foreign = plain, foreign
	t.opened += len(plain)
	if t.get(e.key) == e { // else it is in a snapshot only
		t.plain += len(plain)
	}
	return plain, nil
}

// A pair is a key and its value, as they stand in a cookie.
type pair struct {
	key   []byte // its text
	value []byte // packed, perhaps deflated
	bound int    // of the value's plain form; 0 if it is deflated
}

// cutPair reads the first pair. Its value is only sliced.
func cutPair(raw []byte) (p pair, rest []byte, err error) {
	key, rest, err := pack.CutKey(raw)
	if err != nil {
		return pair{}, nil, errors.New("an entry's key is no text")
	}
	n, bound, err := pack.Measure(rest)
	if err != nil {
		return pair{}, nil, errors.New("an entry's value is not well-formed")
	}
	value := rest[:n:n]
	if bytes.HasPrefix(value, deflatedTag) {
		bound = 0
	}
	return pair{key, value, bound}, rest[n:], nil
}

// parsePairs reads the pairs of an authenticated body: packed keys in strictly
// ascending order, each with its value. The table keeps nothing of content, nor of work.
func parsePairs(work *scratch, content []byte, how envelope.Compression) (table, error) {
	taken := len(content)
	if how == envelope.Shared {
		var err error
		if work.more, err = deflate.Inflate(work.more, content, maxPlain); err != nil {
			return table{}, errors.New("the entries do not inflate")
		}
		content = work.more
	}
	t := table{raw: bytes.Clone(content), content: taken}
	var last []byte
	for raw := t.raw; len(raw) > 0; {
		p, rest, err := cutPair(raw)
		if err != nil {
			return table{}, err
		}
		if last != nil && bytes.Compare(last, p.key) >= 0 {
			return table{}, errors.New("keys out of order, or twice")
		}
		if how != envelope.Isolated && p.bound == 0 {
			return table{}, errors.New("a value is deflated where the flags say none is")
		}
		if t.plain += len(p.key); t.plain > maxPlain {
			return table{}, errPlain
		}
		if t.pairs < len(t.starts) {
			t.starts[t.pairs] = uint16(len(t.raw) - len(raw))
		}
		t.pairs++
		last, raw = p.key, rest
	}
	t.opened = t.plain
	return t, nil
}

// assemble appends the entries to work.raw as they go into the body, and says
// how they were compressed. was is how those entries were that carry a stored
// form. Each entry's weight is its share of what was written; the weights sum to it.
//
// Where values may be compressed together, they are only if it pays: each by itself, a value that
// nobody touched is copied, and reading one inflates no other.
func (t *table) assemble(work *scratch, was, want envelope.Compression, effort deflate.Effort) (envelope.Compression, error) {
	start := len(work.raw)
	if want == envelope.Stored {
		return want, t.plainly(work)
	}
	if want == envelope.Shared && was == envelope.Shared {
		// It paid before. It need not be tried in the other way.
		if err := t.plainly(work); err != nil || t.block(work, start, len(work.raw)-start, effort) {
			return envelope.Shared, err
		}
		work.raw = work.raw[:start]
	}
	offered, err := t.isolated(work, was, effort)
	size := len(work.raw) - start
	// Where it did not pay at the last write, it is tried again when the size has changed by
	// more than a little.
	again := was == envelope.Isolated && !offered && size/512 == t.content/512 && effort != deflate.Best
	if err != nil || want == envelope.Isolated || was == envelope.Shared || size < deflateFrom || again {
		return envelope.Isolated, err
	}
	apart := bytes.Clone(work.raw[start:])
	weights := t.weights()
	work.raw = work.raw[:start]
	if err := t.plainly(work); err != nil || t.block(work, start, size, effort) {
		return envelope.Shared, err
	}
	work.raw = append(work.raw[:start], apart...)
	t.weigh(weights)
	return envelope.Isolated, nil
}

// plainly appends the entries without compression.
func (t *table) plainly(work *scratch) error {
	for _, e := range t.all() {
		from := len(work.raw)
		packed, err := e.inflated()
		if err != nil {
			return err
		}
		work.raw = append(pack.AppendKey(work.raw, e.key), packed...)
		e.weight = len(work.raw) - from
	}
	return nil
}

// isolated appends the entries, each large value compressed by itself. offered says that it
// was tried with one, and not only copied.
func (t *table) isolated(work *scratch, was envelope.Compression, effort deflate.Effort) (offered bool, err error) {
	for _, e := range t.all() {
		from := len(work.raw)
		work.raw = pack.AppendKey(work.raw, e.key)
		if was == envelope.Isolated && e.stored != nil && effort != deflate.Best {
			work.raw = append(work.raw, e.stored...)
			e.weight = len(work.raw) - from
			continue
		}
		packed, err := e.inflated()
		if err != nil {
			return false, err
		}
		value := len(work.raw)
		if len(packed) >= deflateFrom && len(packed) <= maxPlain {
			offered = true
			work.more = deflate.Append(work.more[:0], packed, effort)
			work.raw = appendBytes(work.raw, deflatedTag, work.more)
		}
		if len(work.raw) == value || !pays(len(packed), len(work.raw)-value) {
			work.raw = append(work.raw[:value], packed...)
		}
		e.weight = len(work.raw) - from
	}
	return offered, nil
}

// block compresses what was appended from start on as one block, if that comes out a
// twentieth smaller than size.
func (t *table) block(work *scratch, start, size int, effort deflate.Effort) bool {
	plain := len(work.raw) - start
	if plain < deflateFrom || plain > maxPlain {
		return false
	}
	last := effort == deflate.Best // what is still too large is refused
	if plain >= bestFrom {
		effort = deflate.Best
	}
	work.more = deflate.Append(work.more[:0], work.raw[start:], effort)
	if n := len(work.more); n >= size || !last && n > size-size/20 {
		return false
	}
	t.share(plain, len(work.more))
	work.raw = append(work.raw[:start], work.more...)
	return true
}

// asOpened gives the entries the weights that they have in the cookie of so many bytes that
// they were opened from.
func (t *table) asOpened(was envelope.Compression, size int) bool {
	total := 0
	for _, e := range t.all() {
		if e.stored == nil {
			return false
		}
		e.weight = e.taken
		total += e.weight
	}
	if was == envelope.Shared {
		t.share(total, t.content)
	}
	return total > 0 && t.content < size
}

func (t *table) weights() []int {
	all := make([]int, len(t.entries))
	for i, e := range t.entries {
		all[i] = e.weight
	}
	return all
}

func (t *table) weigh(weights []int) {
	for i, e := range t.entries {
		e.weight = weights[i]
	}
}

// share scales the weights, which sum to total, so that they sum to of: bytes
// of a shared block, by packed length.
func (t *table) share(total, of int) {
	seen, given := 0, 0
	for _, e := range t.all() {
		seen += e.weight
		upTo := seen * of / total
		e.weight, given = upTo-given, upTo
	}
}

// overflows reports whether keys and plain values pass the limit. Values that
// were not asked for yet are opened only where it could be so.
func (t *table) overflows() (bool, error) {
	bound := t.plain
	for _, e := range t.all() {
		if e.plain != nil {
			continue
		}
		if e.bound == 0 {
			if _, err := e.inflated(); err != nil {
				return false, err
			}
		}
		bound += e.bound
	}
	if bound <= maxPlain {
		return false, nil
	}
	for _, e := range t.entries {
		if _, err := t.open(e); err == errPlain {
			return true, nil
		} else if err != nil {
			return false, err
		}
	}
	return t.plain > maxPlain, nil
}
