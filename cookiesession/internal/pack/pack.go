package pack

import (
	"bytes"
	"slices"
)

// MaxDepth bounds the nesting of arrays, maps and tags in the plain form. It
// counts as fxamacker/cbor does: the first of several adjacent tags is free.
const MaxDepth = 32

// Pack appends the packed form of plain, which must be exactly one item. The
// packed form may be longer, by two bytes for each escape. On an error dst comes
// back as it was.
func Pack(dst, plain []byte) ([]byte, error) {
	p := packer{src: plain, dst: slices.Grow(dst, len(plain))}
	if err := p.item(0, false); err != nil {
		return dst, err
	}
	if p.pos != len(plain) {
		return dst, errTrailing
	}
	return p.dst, nil
}

type packer struct {
	src []byte
	pos int
	dst []byte
}

// rest is what is still to be packed.
func (p *packer) rest() []byte { return p.src[p.pos:] }

// take copies n bytes as they are.
func (p *packer) take(n int) {
	p.dst = append(p.dst, p.src[p.pos:p.pos+n]...)
	p.pos += n
}

func (p *packer) item(depth int, inTag bool) error {
	h, err := readHead(p.rest())
	if err != nil {
		return err
	}
	switch h.major {
	case majorText:
		s, err := h.text(p.rest())
		if err != nil {
			return err
		}
		p.text(h, s)
		return nil
	case majorBytes:
		s, err := h.body(p.rest())
		if err != nil {
			return err
		}
		p.take(h.size + len(s))
		return nil
	case majorArray, majorMap:
		if depth++; depth > MaxDepth {
			return ErrDepth
		}
		n, err := h.count(p.rest())
		if err != nil {
			return err
		}
		p.take(h.size)
		if h.major == majorMap {
			return p.pairs(n, depth)
		}
		for range n {
			if err := p.item(depth, false); err != nil {
				return err
			}
		}
		return nil
	case majorTag:
		if inTag {
			if depth++; depth > MaxDepth {
				return ErrDepth
			}
		}
		return p.tag(h, depth)
	default:
		if h.major == majorOther && h.info == 27 {
			if dst, ok := appendDecimal(p.dst, h.arg); ok {
				p.dst = dst
				p.pos += h.size
				return nil
			}
		}
		p.take(h.size)
		return nil
	}
}

func (p *packer) text(h head, s []byte) {
	if !h.shortest() {
		p.take(h.size + len(s))
		return
	}
	p.dst = appendText(p.dst, s)
	p.pos += h.size + len(s)
}

func (p *packer) tag(h head, depth int) error {
	content := p.rest()[h.size:]
	if err := checkContent(h.arg, content); err != nil {
		return err
	}
	if h.arg == tagTimeText && h.size == 1 {
		// That checkContent saw a text of this length is in the initial byte.
		if content[0] == majorText<<5|byte(timeLen) {
			if unix, ok := parseTime(content[1 : 1+timeLen]); ok {
				p.dst = appendUnix(p.dst, unix)
				p.pos += h.size + 1 + timeLen
				return nil
			}
		}
	}
	if special(h.arg) {
		p.dst = appendHead(p.dst, majorTag, tagEscape)
	}
	p.take(h.size)
	if h.arg == tagTime {
		// A literal number, which checkContent saw and the reader looks for.
		number, _ := readHead(p.rest())
		p.take(number.size)
		return nil
	}
	return p.item(depth, true)
}

func (p *packer) pairs(n, depth int) error {
	start := p.pos
	var last []byte
	ascending := true
	for i := range n {
		at := p.pos
		if err := p.key(depth); err != nil {
			return err
		}
		key := p.src[at:p.pos]
		if i > 0 && ascending {
			ascending = bytes.Compare(last, key) < 0
		}
		last = key
		if err := p.item(depth, false); err != nil {
			return err
		}
	}
	if !ascending && duplicateKey(p.src[start:p.pos], n) {
		return ErrDuplicate
	}
	return nil
}

func (p *packer) key(depth int) error {
	h, err := readHead(p.rest())
	if err != nil {
		return err
	}
	switch {
	case h.major == majorUint:
		p.dst = appendHead(p.dst, majorTag, tagEscape)
		p.take(h.size)
		return nil
	case h.major == majorText && h.shortest():
		s, err := h.text(p.rest())
		if err != nil {
			return err
		}
		if i, ok := nameIndex[string(s)]; ok {
			p.dst = appendHead(p.dst, majorUint, uint64(i))
			p.pos += h.size + len(s)
			return nil
		}
		p.text(h, s)
		return nil
	}
	return p.item(depth, false)
}

// duplicateKey looks for two equal keys in n pairs of the plain form, which
// were walked before. Keys that ascend never come here. Sorting, unlike
// comparing each with each, stays cheap for tens of thousands of keys.
func duplicateKey(pairs []byte, n int) bool {
	var few [16][]byte
	keys := few[:0]
	for range n {
		size, _ := Next(pairs)
		keys = append(keys, pairs[:size])
		pairs = pairs[size:]
		size, _ = Next(pairs)
		pairs = pairs[size:]
	}
	slices.SortFunc(keys, bytes.Compare)
	for i := 1; i < len(keys); i++ {
		if bytes.Equal(keys[i-1], keys[i]) {
			return true
		}
	}
	return false
}
