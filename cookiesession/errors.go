package cookiesession

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cookiesession/go/keys"
)

// Why a cookie was refused. Every one of them wraps [ErrInvalid]; a refused
// cookie is never more than a session that starts empty.
var (
	// ErrInvalid is any cookie that does not open.
	ErrInvalid = errors.New("cookiesession: cookie refused")
	// ErrMalformed is a value that no version of this package writes.
	ErrMalformed = fmt.Errorf("%w: malformed", ErrInvalid)
	// ErrForged is a value whose authentication tag does not match: altered,
	// or made for another cookie name or realm.
	ErrForged = fmt.Errorf("%w: forged", ErrInvalid)
	// ErrExpired is a session past one of its lifetimes.
	ErrExpired = fmt.Errorf("%w: expired", ErrInvalid)
	// ErrRevoked is a session sealed with a revoked key, or created before the
	// key ring's not-before instant.
	ErrRevoked = fmt.Errorf("%w: revoked", ErrInvalid)
	// ErrUnreadable is a value that another instance may be able to read: a
	// key that this one does not have (yet), a newer version or flag, an
	// instant in the future. It is never deleted from the client.
	ErrUnreadable = fmt.Errorf("%w: unreadable here", ErrInvalid)
	// ErrAmbiguous is two cookies of one name that both open and are different
	// sessions, or more than 16 cookies of one name: some may have been
	// planted, so none is taken.
	ErrAmbiguous = fmt.Errorf("%w: ambiguous", ErrInvalid)
)

// A refusal is one of these, and the key that the cookie says it bears. Its text is
// made when somebody reads it: to refuse must cost less than to accept.
type refusal struct {
	kind error
	text string
	id   keys.ID
}

func (r *refusal) Error() string { return r.kind.Error() + ": " + fmt.Sprintf(r.text, r.id) }

func (r *refusal) Unwrap() error { return r.kind }

// ErrAbsent is what [Get] returns for a key that the session does not have.
var ErrAbsent = errors.New("cookiesession: no such key in the session")

// A TooLargeError is a session that does not fit. Nothing was written; the
// client keeps the cookie it has.
type TooLargeError struct {
	// Size has the total, the limit and every key's bytes, largest first.
	Size
	// Unpacked is true where the limit passed is not the cookie's but that of
	// 65,536 bytes for all keys and values before packing and compression.
	Unpacked bool
}

// Error says the sizes and the largest keys, and no value.
func (e *TooLargeError) Error() string {
	if e.Unpacked {
		return "cookiesession: session too large before compression: " + e.Size.String() + "; keep less in the session"
	}
	return "cookiesession: session too large for a cookie: " + e.Size.String() + "; keep less in the session"
}

// A ValueSize is what one key of a session costs.
type ValueSize struct {
	Key   string `json:"key"`
	Bytes int    `json:"bytes"` // of the key and its value, in the cookie's text
}

// A Size is what a session's cookie weighs: the characters of its name and
// value, as browsers count them. Overhead and the values' bytes sum to Total.
type Size struct {
	Total    int         `json:"total"`    // bytes of name and value
	Limit    int         `json:"limit"`    // Options.MaxSize
	Overhead int         `json:"overhead"` // name, header, instants, ID, tag
	Values   []ValueSize `json:"values"`   // largest first
}

// quoted is a key for a message, cut where it is long.
func quoted(key string) string {
	const most = 64
	if len(key) > most {
		return fmt.Sprintf("%q…", key[:most])
	}
	return fmt.Sprintf("%q", key)
}

// String names the total, the limit and the three largest keys.
func (z Size) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d bytes of %d", z.Total, z.Limit)
	for i, v := range z.Values {
		if i == 3 {
			fmt.Fprintf(&b, " and %d more", len(z.Values)-i)
			break
		}
		sep := ", "
		if i == 0 {
			sep = "; largest: "
		}
		fmt.Fprintf(&b, "%s%s %d", sep, quoted(v.Key), v.Bytes)
	}
	return b.String()
}
