package envelope

import (
	"encoding/base64"
	"slices"
	"strings"
)

var text = base64.RawURLEncoding.Strict()

// AppendEncode appends the text form: base64url without padding (RFC 4648, section 5).
func AppendEncode(dst, raw []byte) []byte { return text.AppendEncode(dst, raw) }

// EncodedLen is the number of characters that n bytes become.
func EncodedLen(n int) int { return text.EncodedLen(n) }

// Decode appends to dst what AppendEncode made value of, and refuses every other spelling of
// the same bytes. Strict refuses stray trailing bits but lets newlines pass, so
// these are looked for first.
func Decode(dst []byte, value string) ([]byte, error) {
	if strings.IndexByte(value, '\n') >= 0 || strings.IndexByte(value, '\r') >= 0 {
		return nil, ErrMalformed
	}
	n := text.DecodedLen(len(value))
	dst = slices.Grow(dst, n)
	n, err := text.Decode(dst[len(dst):len(dst)+n], []byte(value))
	if err != nil {
		return nil, ErrMalformed
	}
	return dst[:len(dst)+n], nil
}
