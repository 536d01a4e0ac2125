package envelope

// Version is the format version that this package reads and writes. It
// stands in the upper four bits of the first byte.
const Version = 1

// HeaderSize is the length of the header in bytes: version and protection
// in one byte, then the key ID.
const HeaderSize = 5

// Protection is how a cookie is protected: the lower four bits of the first
// byte. 3 is reserved for AES-256-GCM.
type Protection byte

// The protections of version 1.
const (
	Signed    Protection = 1
	Encrypted Protection = 2
)

// A Header is the part of a cookie that is read before it is authenticated.
type Header struct {
	Protection Protection
	KeyID      [4]byte
}

// ParseHeader reads the header of a decoded cookie. Nothing is promised about
// what follows it but that there is room for the protection.
func ParseHeader(raw []byte) (Header, error) {
	if len(raw) == 0 {
		return Header{}, ErrMalformed
	}
	if raw[0]>>4 != Version {
		return Header{}, ErrUnknown
	}
	h := Header{Protection: Protection(raw[0] & 0x0f)}
	var least int
	switch h.Protection {
	case Signed:
		least = HeaderSize + minBody + TagSize
	case Encrypted:
		least = HeaderSize + NonceSize + minBody + TagSize
	default:
		return Header{}, ErrUnknown
	}
	if len(raw) < least {
		return Header{}, ErrMalformed
	}
	copy(h.KeyID[:], raw[1:HeaderSize])
	return h, nil
}

// Append writes the header.
func (h Header) Append(dst []byte) []byte {
	dst = append(dst, Version<<4|byte(h.Protection))
	return append(dst, h.KeyID[:]...)
}
