// Package envelope is the outside of a cookie value: its text form, its
// header, its two protections, and the fixed part of its body. It implements
// the sections "Text", "Header", "Protection" and "Body" of SPEC.md, and
// nothing else. It knows no keys (it is handed subkeys) and no clock.
//
// Order is the whole point: Decode undoes the base64, ParseHeader looks at
// five bytes, Open authenticates, and only what has been authenticated
// reaches ParseBody.
package envelope

import "errors"

// Errors of this package. The layer above words them for users.
var (
	// ErrMalformed is text or bytes that no writer of this format makes.
	ErrMalformed = errors.New("malformed")
	// ErrForged is an authentication tag that does not match.
	ErrForged = errors.New("forged")
	// ErrUnknown is a version, protection or flag that a later writer may make.
	ErrUnknown = errors.New("unknown version, protection or flag")
)
