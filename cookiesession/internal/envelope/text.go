package envelope

import (
	"encoding/base64"
	"strings"
)

var text = base64.RawURLEncoding.Strict()

// Encode returns the text form: base64url without padding (RFC 4648, section 5).
func Encode(raw []byte) string { return text.EncodeToString(raw) }

// EncodedLen is the number of characters that n bytes become.
func EncodedLen(n int) int { return text.EncodedLen(n) }

// Decode is the inverse of Encode and refuses every other spelling of the
// same bytes. Strict refuses stray trailing bits but lets newlines pass, so
// these are looked for first.
func Decode(value string) ([]byte, error) {
	if strings.IndexByte(value, '\n') >= 0 || strings.IndexByte(value, '\r') >= 0 {
		return nil, ErrMalformed
	}
	raw := make([]byte, text.DecodedLen(len(value)))
	n, err := text.Decode(raw, []byte(value))
	if err != nil {
		return nil, ErrMalformed
	}
	return raw[:n], nil
}
