package envelope

import (
	"encoding/binary"
	"math"
)

// Compression says how the entries were compressed, in the two lowest bits of
// the flags.
type Compression byte

// The ways to compress. With Isolated, every value that is large enough was offered to
// DEFLATE by itself, whether or not it paid.
const (
	Stored   Compression = 0
	Shared   Compression = 1
	Isolated Compression = 2
)

// ExpiryKind says what the per-session expiry is, in bits 2 and 3 of the flags.
type ExpiryKind byte

// The kinds of per-session expiry.
const (
	ExpiryDefault ExpiryKind = 0 // none: the codec's limits alone
	ExpiryAfter   ExpiryKind = 1 // seconds after touched
	ExpiryAt      ExpiryKind = 2 // seconds after created
	ExpiryBrowser ExpiryKind = 3 // when the browser closes
)

const (
	compressionMask = 0x03
	expiryShift     = 2
	expiryMask      = 0x03 << expiryShift
	touchedFlag     = 0x10 // touched differs from created, and stands there
	knownFlags      = compressionMask | expiryMask | touchedFlag
)

// IDSize is the length of a session ID in bytes.
const IDSize = 12

// minBody is the shortest body: flags, created, ID.
const minBody = 1 + 4 + IDSize

// A Body is what a cookie says once it is authenticated. Instants are Unix
// seconds.
type Body struct {
	Compression Compression
	Expiry      ExpiryKind
	ExpirySecs  uint32 // for ExpiryAfter and ExpiryAt
	Created     uint32
	Touched     uint32 // never before Created
	ID          [IDSize]byte
	Entries     []byte // packed, as Compression says; shares the input's memory
}

// ParseBody reads an authenticated body. Every number has one spelling.
func ParseBody(raw []byte) (Body, error) {
	var b Body
	if len(raw) < minBody {
		return b, ErrMalformed
	}
	flags := raw[0]
	if flags&^knownFlags != 0 || flags&compressionMask > byte(Isolated) {
		return b, ErrUnknown
	}
	b.Compression = Compression(flags & compressionMask)
	b.Expiry = ExpiryKind(flags & expiryMask >> expiryShift)
	b.Created = binary.BigEndian.Uint32(raw[1:])
	b.Touched = b.Created
	raw = raw[5:]
	var ok bool
	if flags&touchedFlag != 0 {
		var delta uint32
		if delta, raw, ok = cutUvarint(raw); !ok || delta == 0 || delta > math.MaxUint32-b.Created {
			return b, ErrMalformed
		}
		b.Touched += delta
	}
	if len(raw) < IDSize {
		return b, ErrMalformed
	}
	raw = raw[copy(b.ID[:], raw):]
	if b.Expiry == ExpiryAfter || b.Expiry == ExpiryAt {
		if b.ExpirySecs, raw, ok = cutUvarint(raw); !ok {
			return b, ErrMalformed
		}
	}
	b.Entries = raw
	return b, nil
}

// AppendHead writes the body up to its entries.
func (b *Body) AppendHead(dst []byte) []byte {
	flags := byte(b.Compression) | byte(b.Expiry)<<expiryShift
	if b.Touched != b.Created {
		flags |= touchedFlag
	}
	dst = append(dst, flags)
	dst = binary.BigEndian.AppendUint32(dst, b.Created)
	if b.Touched != b.Created {
		dst = binary.AppendUvarint(dst, uint64(b.Touched-b.Created))
	}
	dst = append(dst, b.ID[:]...)
	if b.Expiry == ExpiryAfter || b.Expiry == ExpiryAt {
		dst = binary.AppendUvarint(dst, uint64(b.ExpirySecs))
	}
	return dst
}

// SetCompression writes how the entries were compressed into raw, which begins
// with a header and the head of a body whose Compression was zero.
func SetCompression(raw []byte, how Compression) { raw[HeaderSize] |= byte(how) }

// cutUvarint reads a number of at most 32 bits, 7 bits a byte, lowest first
// (LEB128), in its shortest spelling.
func cutUvarint(raw []byte) (uint32, []byte, bool) {
	v, n := binary.Uvarint(raw)
	if n <= 0 || v > math.MaxUint32 || n > 1 && raw[n-1] == 0 {
		return 0, nil, false
	}
	return uint32(v), raw[n:], true
}
