package pack

import "unicode/utf8"

// The simplest items are the same packed and plain, and need no decoder. What
// is said of an item here is what unpacking and decoding it would say; where
// ok is false, nothing is said.

// IsPlain reports whether an item, well-formed as Next has it, is its own plain
// form: a number without a tag, a text or byte string, or true, false, nil.
func IsPlain(item []byte) bool {
	switch item[0] >> 5 {
	case majorUint, majorNegint, majorBytes, majorOther:
		return true
	case majorText:
		_, ok := Text(item)
		return ok
	}
	return false
}

// Text returns the text of an item.
func Text(item []byte) (s []byte, ok bool) {
	h, err := readHead(item)
	if err != nil || h.major != majorText || h.arg != uint64(len(item)-h.size) {
		return nil, false
	}
	s = item[h.size:]
	return s, utf8.Valid(s)
}

// AppendText appends the text that a packed item stands for under its tag.
func AppendText(dst, item []byte) (text []byte, ok bool) {
	h, err := readHead(item)
	if err != nil || h.major != majorTag || !packsText(h.arg) {
		return dst, false
	}
	u := unpacker{src: item, dst: dst, base: len(dst), limit: 2*len(item) + maxTagGrowth}
	if u.packedText(h) != nil || u.pos != len(item) {
		return dst, false
	}
	text = u.dst[len(dst):] // with its head
	plain, err := readHead(text)
	if err != nil {
		return dst, false
	}
	return append(dst, text[plain.size:]...), true
}

// Int returns the integer of an item, if 64 bits with sign hold it.
func Int(item []byte) (n int64, ok bool) {
	h, err := readHead(item)
	if err != nil || h.major > majorNegint || h.size != len(item) || h.arg >= 1<<63 {
		return 0, false
	}
	if h.major == majorNegint {
		return -1 - int64(h.arg), true
	}
	return int64(h.arg), true
}

// Bool returns the truth of an item.
func Bool(item []byte) (b, ok bool) {
	if len(item) != 1 || item[0]&^1 != majorOther<<5|20 {
		return false, false
	}
	return item[0]&1 == 1, true
}

// AppendString appends the packed form of a text, which must be valid UTF-8.
// same says that it is the plain form, too.
func AppendString(dst []byte, s string) (packed []byte, same bool) {
	start := len(dst)
	dst = appendText(dst, []byte(s))
	return dst, dst[start]>>5 == majorText
}

// AppendPlainString appends the plain form of a text.
func AppendPlainString(dst []byte, s string) []byte {
	return append(appendHead(dst, majorText, uint64(len(s))), s...)
}

// AppendInt appends an integer, which is the same packed and plain.
func AppendInt(dst []byte, n int64) []byte { return appendInt(dst, n) }

// AppendBool appends a truth value, which is the same packed and plain.
func AppendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, majorOther<<5|21)
	}
	return append(dst, majorOther<<5|20)
}
