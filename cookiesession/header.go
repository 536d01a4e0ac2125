package cookiesession

import (
	"errors"

	"github.com/cookiesession/go/cookiesession/internal/envelope"
	"github.com/cookiesession/go/keys"
)

// A Header is what a cookie value says without any key: who could open it.
// Nothing in it is authenticated, and anybody can write one.
type Header struct {
	Protection Protection
	KeyID      keys.ID
	Bytes      int // of the whole value, its text undone
}

// ParseHeader reads the header of a cookie value. It is for tools, logs and
// tests; handlers ask [Session.KeyID], which was authenticated. Its error
// wraps [ErrMalformed] or [ErrUnreadable].
func ParseHeader(value string) (Header, error) {
	raw, head, err := parseHeader(nil, value)
	if err != nil {
		return Header{}, err
	}
	h := Header{Protection: Signed, KeyID: head.KeyID, Bytes: len(raw)}
	if head.Protection == envelope.Encrypted {
		h.Protection = Encrypted
	}
	return h, nil
}

// parseHeader goes as far as is safe without a key: length, text, header. It
// decodes the value into dst, if there is room.
func parseHeader(dst []byte, value string) ([]byte, envelope.Header, error) {
	if len(value) > largestCookie {
		return nil, envelope.Header{}, errTooLong
	}
	raw, err := envelope.Decode(dst, value)
	if err != nil {
		return nil, envelope.Header{}, errText
	}
	head, err := envelope.ParseHeader(raw)
	if errors.Is(err, envelope.ErrUnknown) {
		return nil, envelope.Header{}, errVersion
	} else if err != nil {
		return nil, envelope.Header{}, errShort
	}
	return raw, head, nil
}
