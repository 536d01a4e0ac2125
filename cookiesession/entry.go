package cookiesession

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

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
	weight  int  // bytes it took when the table was last assembled
}

// Tags of ours, by their CBOR heads.
var (
	deflatedTag = []byte{0xd8, 226}
	foreignTag  = []byte{0xd8, 227}
)

// A value or block below this size is not offered to DEFLATE: it would rarely
// save a tenth.
const deflateFrom = 400

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
	if n, err := pack.Next(b); err != nil || n != len(b) {
		return nil, errors.New("it does not inflate to one item")
	}
	e.packed = b
	return b, nil
}

// A table is the entries of one session, sorted by key.
type table struct {
	entries []*entry
	plain   int // bytes of keys and plain values known so far
	opened  int // bytes of keys and values as the cookie had them, opened so far
}

func (t *table) find(key string) (int, bool) {
	return slices.BinarySearchFunc(t.entries, key, func(e *entry, key string) int {
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

// parseEntries reads the pairs of an authenticated body: packed keys in
// strictly ascending order, each with its value. Values are only sliced.
func parseEntries(raw []byte, how envelope.Compression) (*table, error) {
	if how == envelope.Shared {
		var err error
		if raw, err = deflate.Inflate(nil, raw, maxPlain); err != nil {
			return nil, errors.New("the entries do not inflate")
		}
	}
	t := &table{}
	for len(raw) > 0 {
		key, rest, err := pack.CutKey(raw)
		if err != nil {
			return nil, errors.New("an entry's key is no text")
		}
		if n := len(t.entries); n > 0 && t.entries[n-1].key >= key {
			return nil, errors.New("keys out of order, or twice")
		}
		n, err := pack.Next(rest)
		if err != nil {
			return nil, errors.New("an entry's value is not well-formed")
		}
		value := rest[:n:n]
		if how != envelope.Isolated && bytes.HasPrefix(value, deflatedTag) {
			return nil, errors.New("a value is deflated where the flags say none is")
		}
		if t.plain += len(key); t.plain > maxPlain {
			return nil, errPlain
		}
		t.entries = append(t.entries, &entry{key: key, stored: value})
		raw = rest[n:]
	}
	t.opened = t.plain
	return t, nil
}

// assemble writes the entries as they go into the body and says how they were
// compressed. was is how those entries were that carry a stored form. Each
// entry's weight is its share of what was written; the weights sum to it.
func (t *table) assemble(dst []byte, was, want envelope.Compression) ([]byte, envelope.Compression, error) {
	start := len(dst)
	for _, e := range t.entries {
		from := len(dst)
		dst = pack.AppendKey(dst, e.key)
		if want == envelope.Isolated && was == envelope.Isolated && e.stored != nil {
			dst = append(dst, e.stored...)
			e.weight = len(dst) - from
			continue
		}
		packed, err := e.inflated()
		if err != nil {
			return nil, 0, err
		}
		value := len(dst)
		if want == envelope.Isolated && len(packed) >= deflateFrom {
			dst = appendBytes(dst, deflatedTag, deflate.Append(nil, packed))
		}
		if len(dst) == value || !pays(len(packed), len(dst)-value) {
			dst = append(dst[:value], packed...)
		}
		e.weight = len(dst) - from
	}
	if want != envelope.Shared {
		return dst, want, nil
	}
	size := len(dst) - start
	if size >= deflateFrom && size <= maxPlain {
		if block := deflate.Append(nil, dst[start:]); pays(size, len(block)) {
			t.share(size, len(block))
			return append(dst[:start], block...), envelope.Shared, nil
		}
	}
	return dst, envelope.Stored, nil
}

// share scales the weights, which sum to total, so that they sum to of: bytes
// of a shared block, by packed length.
func (t *table) share(total, of int) {
	seen, given := 0, 0
	for _, e := range t.entries {
		seen += e.weight
		upTo := seen * of / total
		e.weight, given = upTo-given, upTo
	}
}

// maxGrowth is the most plain bytes that a packed byte can stand for: one
// byte may name one of the longer names of the table.
const maxGrowth = 32

// overflows reports whether keys and plain values pass the limit. Values that
// were not asked for yet are opened only where it could be so.
func (t *table) overflows() (bool, error) {
	bound := t.plain
	for _, e := range t.entries {
		if e.plain != nil {
			continue
		}
		if bytes.HasPrefix(e.stored, deflatedTag) {
			bound = maxPlain + 1
			break
		}
		bound += len(e.stored) * maxGrowth
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
