package pack

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
)

// The writer's choice. A text packs if decoding and encoding it again gives
// the same text, and if it is one of
//
//   - a UUID in the form of RFC 9562, lower-case
//   - lower-case hex of 16 digits or more
//   - two to five base64url segments joined by dots, 32 characters or more,
//     starting with eyJ: a JWT
//   - base64url, else padded base64, of 16 characters or more, that looks
//     random
//
// A text looks random if it has upper case, lower case and digits, and if at
// least every third character is of another of these classes than the one
// before, where - and _ are passed over. Words, file names and product codes
// do not. Left as they are, they deflate better.
const (
	minPacked   = 16
	minSegments = 32
	uuidLen     = 36
)

var (
	base64URL = base64.RawURLEncoding.Strict()
	base64Std = base64.StdEncoding.Strict()
)

// Classes of characters, one bit each. Any other character has none.
const (
	digit = 1 << iota
	hexLetter
	lower // g to z
	upper
	urlSymbol // - _
	stdSymbol // + /
	padding
	dot

	anyLower = hexLetter | lower
)

var classes = func() (c [256]byte) {
	for _, set := range []struct {
		class byte
		chars string
	}{
		{digit, "0123456789"},
		{hexLetter, "abcdef"},
		{lower, "ghijklmnopqrstuvwxyz"},
		{upper, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
		{urlSymbol, "-_"},
		{stdSymbol, "+/"},
		{padding, "="},
		{dot, "."},
	} {
		for i := range len(set.chars) {
			c[set.chars[i]] = set.class
		}
	}
	return c
}()

// survey returns the classes in s, none if a character has none, and whether
// s looks random.
func survey(s []byte) (seen byte, random bool) {
	turns, last := 0, byte(0)
	for _, c := range s {
		class := classes[c]
		if class == 0 {
			return 0, false
		}
		seen |= class
		if class&anyLower != 0 {
			class = anyLower
		}
		if class&(anyLower|upper|digit) != 0 {
			if last != 0 && class != last {
				turns++
			}
			last = class
		}
	}
	random = seen&anyLower != 0 && seen&upper != 0 && seen&digit != 0 &&
		turns*3 >= len(s)
	return seen, random
}

// appendText appends the packed form of a text whose head is the shortest.
func appendText(dst, s []byte) []byte {
	if len(s) >= minPacked {
		if packed, ok := appendDecoded(dst, s); ok {
			return packed
		}
	}
	dst = appendHead(dst, majorText, uint64(len(s)))
	return append(dst, s...)
}

func appendDecoded(dst, s []byte) ([]byte, bool) {
	seen, random := survey(s)
	has := func(class byte) bool { return seen&class != 0 }
	only := func(class byte) bool { return seen&^class == 0 }
	switch {
	case seen == 0:
		return nil, false
	case only(digit | hexLetter):
		return appendHex(dst, s)
	case len(s) == uuidLen && only(digit|hexLetter|urlSymbol):
		return appendUUID(dst, s)
	case has(dot):
		return appendSegments(dst, s)
	case !random:
		return nil, false
	case !has(stdSymbol | padding):
		return appendBase64URL(dst, s)
	case !has(urlSymbol):
		return appendBase64(dst, s)
	}
	return nil, false
}

func appendHex(dst, s []byte) ([]byte, bool) {
	if len(s)%2 != 0 {
		return nil, false
	}
	dst = appendHead(dst, majorTag, tagHex)
	dst = appendHead(dst, majorBytes, uint64(len(s)/2))
	dst, err := hex.AppendDecode(dst, s)
	return dst, err == nil
}

func appendUUID(dst, s []byte) ([]byte, bool) {
	var digits [32]byte
	n := 0
	for i, c := range s {
		isDash := i == 8 || i == 13 || i == 18 || i == 23
		if isDash != (c == '-') || c == '_' {
			return nil, false
		}
		if !isDash {
			digits[n] = c
			n++
		}
	}
	dst = appendHead(dst, majorTag, tagUUID)
	dst = appendHead(dst, majorBytes, 16)
	dst, err := hex.AppendDecode(dst, digits[:])
	return dst, err == nil
}

func appendBase64URL(dst, s []byte) ([]byte, bool) {
	return appendSegment(appendHead(dst, majorTag, tagBase64URL), s)
}

func appendBase64(dst, s []byte) ([]byte, bool) {
	if len(s)%4 != 0 {
		return nil, false
	}
	n := base64.StdEncoding.DecodedLen(len(s)) - (len(s) - len(bytes.TrimRight(s, "=")))
	if n < 0 {
		return nil, false
	}
	dst = appendHead(dst, majorTag, tagBase64)
	dst = appendHead(dst, majorBytes, uint64(n))
	dst, err := base64Std.AppendDecode(dst, s)
	return dst, err == nil
}

func appendSegments(dst, s []byte) ([]byte, bool) {
	n := 1 + bytes.Count(s, []byte{'.'})
	if n > 5 || len(s) < minSegments || !bytes.HasPrefix(s, []byte("eyJ")) {
		return nil, false
	}
	dst = appendHead(dst, majorTag, tagSegments)
	dst = appendHead(dst, majorArray, uint64(n))
	for segment := range bytes.SplitSeq(s, []byte{'.'}) {
		var ok bool
		if dst, ok = appendSegment(dst, segment); !ok {
			return nil, false
		}
	}
	return dst, true
}

// appendSegment appends the byte string that s is the base64url of. Its
// characters come from the survey, so no line break can slip through.
func appendSegment(dst, s []byte) ([]byte, bool) {
	dst = appendHead(dst, majorBytes, uint64(base64URL.DecodedLen(len(s))))
	dst, err := base64URL.AppendDecode(dst, s)
	return dst, err == nil
}
