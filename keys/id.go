package keys

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
)

// An ID names a key without giving it away.
// It is the first four bytes of HKDF-SHA-256 (RFC 5869) over the key's secret, with no salt
// and the info "cookiesession key id". So every instance that has a key gives it the same ID,
// and nobody has to hand out numbers.
//
// An ID is public. It stands in every cookie and may stand in every log.
type ID [4]byte

// idLabel is the HKDF info that makes IDs. No subkey may be derived with it,
// as its first bytes would be public: [Derived] refuses it.
const idLabel = "cookiesession key id"

var errID = errors.New("keys: an ID is written as 8 hexadecimal digits, in lower case")

// ParseID reads what [ID.String] writes: 8 hexadecimal digits in lower case.
// Its error does not repeat the text, which may be a key pasted in the wrong place.
func ParseID(text string) (ID, error) {
	var id ID
	if len(text) != hex.EncodedLen(len(id)) {
		return ID{}, errID
	}
	if _, err := hex.Decode(id[:], []byte(text)); err != nil || id.String() != text {
		return ID{}, errID
	}
	return id, nil
}

// String returns the ID as 8 hexadecimal digits in lower case.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// MarshalText returns what [ID.String] returns.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what [ID.MarshalText] writes, as [ParseID] does.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

func (id ID) number() uint32 { return binary.BigEndian.Uint32(id[:]) }
