package pack

import (
	"errors"
	"fmt"
)

// The conditions that a caller may word differently. No error text has a
// value in it.
var (
	ErrMalformed = errors.New("pack: malformed item")
	ErrTooLarge  = errors.New("pack: item too large")
	ErrDepth     = errors.New("pack: item nested too deeply")
	ErrDuplicate = errors.New("pack: duplicate map key")
	ErrUTF8      = errors.New("pack: text is not valid UTF-8")
)

// The details are made once, so that refusing does not allocate.
var (
	errTruncated  = malformed("ends too early")
	errTrailing   = malformed("bytes after the item")
	errReserved   = malformed("reserved additional information")
	errIndefinite = malformed("indefinite length")
	errSimple     = malformed("simple value below 32 in two bytes")
	errTime0      = malformed("tag 0 without an RFC 3339 text")
	errTime1      = malformed("tag 1 without a number")
	errBignum     = malformed("bignum without a byte string")
	errName       = malformed("no such name")
	errNotText    = malformed("key is not text")
	errEscape     = malformed("escape around what needs none")
	errOuterTag   = malformed("tag of the layer above")
	errString     = malformed("packed text without its byte string")
	errUUID       = malformed("packed UUID without 16 bytes")
	errSegments   = malformed("packed segments out of shape")
	errDecimal    = malformed("decimal fraction out of range")
	errSeconds    = malformed("packed time out of range")
)

func malformed(detail string) error {
	return fmt.Errorf("%w: %s", ErrMalformed, detail)
}
