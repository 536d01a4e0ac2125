package pack

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"time"
)

// Unpack appends the plain form of packed, which must be exactly one item. The
// plain form may have limit bytes; beyond that the error is ErrTooLarge. On an
// error dst comes back as it was.
func Unpack(dst, packed []byte, limit int) ([]byte, error) {
	u := unpacker{src: packed, dst: dst, base: len(dst), limit: limit}
	u.dst = slices.Grow(dst, max(0, min(limit, len(packed)+len(packed)/2)))
	if err := u.item(0, false); err != nil {
		return dst, err
	}
	if u.pos != len(packed) {
		return dst, errTrailing
	}
	return u.dst, nil
}

type unpacker struct {
	src   []byte
	pos   int
	dst   []byte
	base  int // length of dst before
	limit int
}

func (u *unpacker) rest() []byte { return u.src[u.pos:] }

// room is asked before each append.
func (u *unpacker) room(n int) error {
	if n > u.limit-(len(u.dst)-u.base) {
		return ErrTooLarge
	}
	return nil
}

// take copies n bytes as they are.
func (u *unpacker) take(n int) error {
	if err := u.room(n); err != nil {
		return err
	}
	u.dst = append(u.dst, u.src[u.pos:u.pos+n]...)
	u.pos += n
	return nil
}

// text makes room for a text of n bytes, and appends its head.
func (u *unpacker) text(n int) error {
	if err := u.room(headSize(uint64(n)) + n); err != nil {
		return err
	}
	u.dst = appendHead(u.dst, majorText, uint64(n))
	return nil
}

func (u *unpacker) item(depth int, inTag bool) error {
	h, err := readHead(u.rest())
	if err != nil {
		return err
	}
	switch h.major {
	case majorText:
		s, err := h.text(u.rest())
		if err != nil {
			return err
		}
		return u.take(h.size + len(s))
	case majorBytes:
		s, err := h.body(u.rest())
		if err != nil {
			return err
		}
		return u.take(h.size + len(s))
	case majorArray, majorMap:
		if depth++; depth > MaxDepth {
			return ErrDepth
		}
		n, err := h.count(u.rest())
		if err != nil {
			return err
		}
		if err := u.take(h.size); err != nil {
			return err
		}
		if h.major == majorMap {
			return u.pairs(n, depth)
		}
		for range n {
			if err := u.item(depth, false); err != nil {
				return err
			}
		}
		return nil
	case majorTag:
		return u.tag(h, depth, inTag)
	default:
		return u.take(h.size)
	}
}

func (u *unpacker) tag(h head, depth int, inTag bool) error {
	if packsText(h.arg) {
		return u.packedText(h)
	}
	if h.arg == tagDecimal {
		return u.decimal(h)
	}
	escaped := h.arg == tagEscape
	if escaped {
		u.pos += h.size
		var err error
		if h, err = readHead(u.rest()); err != nil {
			return err
		}
		if h.major != majorTag || !special(h.arg) {
			return errEscape
		}
	}
	if inTag {
		if depth++; depth > MaxDepth {
			return ErrDepth
		}
	}
	if !escaped {
		switch h.arg {
		case tagTime:
			return u.instant(h)
		case tagDeflated, tagForeign:
			return errOuterTag
		}
	}
	if err := checkContent(h.arg, u.rest()[h.size:]); err != nil {
		return err
	}
	if err := u.take(h.size); err != nil {
		return err
	}
	return u.item(depth, true)
}

func (u *unpacker) instant(tag head) error {
	u.pos += tag.size
	h, err := readHead(u.rest())
	if err != nil {
		return err
	}
	unix, err := unixSeconds(h)
	if err != nil {
		return err
	}
	if err := u.room(2 + timeLen); err != nil {
		return err
	}
	u.pos += h.size
	u.dst = append(u.dst, majorTag<<5|tagTimeText, majorText<<5|byte(timeLen))
	u.dst = time.Unix(unix, 0).UTC().AppendFormat(u.dst, timeLayout)
	return nil
}

func (u *unpacker) pairs(n, depth int) error {
	start := len(u.dst)
	lastAt, lastEnd := start, start
	ascending := true
	for i := range n {
		at := len(u.dst)
		if err := u.key(depth); err != nil {
			return err
		}
		end := len(u.dst)
		if i > 0 && ascending {
			ascending = bytes.Compare(u.dst[lastAt:lastEnd], u.dst[at:end]) < 0
		}
		lastAt, lastEnd = at, end
		if err := u.item(depth, false); err != nil {
			return err
		}
	}
	if !ascending && duplicateKey(u.dst[start:], n) {
		return ErrDuplicate
	}
	return nil
}

// key unpacks one map key.
func (u *unpacker) key(depth int) error {
	h, err := readHead(u.rest())
	if err != nil {
		return err
	}
	switch {
	case h.major == majorUint:
		if h.arg >= uint64(len(names)) {
			return errName
		}
		u.pos += h.size
		name := names[h.arg]
		if err := u.text(len(name)); err != nil {
			return err
		}
		u.dst = append(u.dst, name...)
		return nil
	case h.major == majorTag && h.arg == tagEscape:
		inner, err := readHead(u.rest()[h.size:])
		if err != nil {
			return err
		}
		if inner.major == majorUint {
			u.pos += h.size
			return u.take(inner.size)
		}
	}
	return u.item(depth, false)
}

// packsText reports whether a tag stands for a text in the packed form.
func packsText(tag uint64) bool {
	switch tag {
	case tagBase64URL, tagBase64, tagUUID, tagHex, tagSegments:
		return true
	}
	return false
}

// packedText unpacks the text that the tag stands for.
func (u *unpacker) packedText(tag head) error {
	u.pos += tag.size
	if tag.arg == tagSegments {
		return u.segments()
	}
	s, err := u.bytes()
	if err != nil {
		return err
	}
	switch tag.arg {
	case tagUUID:
		if len(s) != 16 {
			return errUUID
		}
		if err := u.text(uuidLen); err != nil {
			return err
		}
		u.dst = hex.AppendEncode(u.dst, s[:4])
		for _, group := range [][]byte{s[4:6], s[6:8], s[8:10], s[10:]} {
			u.dst = hex.AppendEncode(append(u.dst, '-'), group)
		}
	case tagHex:
		if err := u.text(hex.EncodedLen(len(s))); err != nil {
			return err
		}
		u.dst = hex.AppendEncode(u.dst, s)
	case tagBase64URL:
		return u.base64(base64URL, s)
	case tagBase64:
		return u.base64(base64Std, s)
	}
	return nil
}

func (u *unpacker) base64(enc *base64.Encoding, s []byte) error {
	if err := u.text(enc.EncodedLen(len(s))); err != nil {
		return err
	}
	u.dst = enc.AppendEncode(u.dst, s)
	return nil
}

// bytes reads a byte string that stands for a text.
func (u *unpacker) bytes() ([]byte, error) {
	h, err := readHead(u.rest())
	if err != nil {
		return nil, err
	}
	if h.major != majorBytes {
		return nil, errString
	}
	s, err := h.body(u.rest())
	u.pos += h.size + len(s)
	return s, err
}

func (u *unpacker) segments() error {
	h, err := readHead(u.rest())
	if err != nil {
		return err
	}
	if h.major != majorArray || h.arg < 1 || h.arg > 8 {
		return errSegments
	}
	u.pos += h.size
	var found [8][]byte
	parts := found[:h.arg]
	size := len(parts) - 1
	for i := range parts {
		if parts[i], err = u.bytes(); err != nil {
			return err
		}
		size += base64URL.EncodedLen(len(parts[i]))
	}
	if err := u.text(size); err != nil {
		return err
	}
	for i, part := range parts {
		if i > 0 {
			u.dst = append(u.dst, '.')
		}
		u.dst = base64URL.AppendEncode(u.dst, part)
	}
	return nil
}
