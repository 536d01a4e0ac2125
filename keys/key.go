package keys

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"maps"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	secretSize = 32
	keyPrefix  = "cs1_"
)

// keyEncoding writes secret and checksum, 36 bytes, as exactly 48 characters.
// 36 is a multiple of 3, so no bits are left over and each key has one spelling.
var keyEncoding = base64.RawURLEncoding

var keyTextSize = len(keyPrefix) + keyEncoding.EncodedLen(secretSize+crc32.Size)

// A Key is a secret of 32 random bytes, named by its [ID].
//
// A Key may be copied, and used by several goroutines at once. Copies share what [Derived] keeps.
// A Key cannot be compared with ==; compare IDs.
// The zero Key has no secret, and the zero ID.
//
// A Key prints, logs and marshals as its ID. It has no Unmarshal methods, for a key cannot come
// back from its ID: store [Key.Reveal], and read it with [ParseKey].
type Key struct {
	id ID
	// The secret and all that is derived from it is reached through this function and in no
	// other way. Printers and dumpers that walk through unexported fields and pointers
	// by reflection stop at a function.
	open func() *material
}

// material is what a Key keeps to itself. Copies of the Key share it.
type material struct {
	secret [secretSize]byte

	// derived is replaced, never changed, so that a lookup needs no lock.
	derived atomic.Pointer[map[slot]any]
	mu      sync.Mutex // held to replace derived
}

// slot names one derived value. As the key of a plain map it is looked up without allocating,
// which it would not be as the key of a sync.Map.
type slot struct {
	info string
	typ  reflect.Type // of *T
}

// Generate returns a new key from the system's secure random source.
func Generate() Key {
	for {
		var secret [secretSize]byte
		rand.Read(secret[:]) // never fails: it ends the program instead
		// A key by chance taken for a sample, or all zero, could be written but not read again.
		if k, err := NewKey(secret[:]); err == nil && !isSample(k.id) {
			return k
		}
	}
}

// NewKey returns the key with the given secret, which must be 32 bytes, not all zero.
// It copies the secret. The secret must come from a secure random source or a key derivation:
// a password or a phrase is not a secret of this kind.
//
// Most programs need [Generate] or [ParseKey] instead.
func NewKey(secret []byte) (Key, error) {
	k, err := newKey(secret)
	if err != nil {
		return Key{}, fmt.Errorf("keys: %w", err)
	}
	return k, nil
}

func newKey(secret []byte) (Key, error) {
	if len(secret) != secretSize {
		return Key{}, fmt.Errorf("the secret is %d bytes long: it must be %d", len(secret), secretSize)
	}
	m := new(material)
	copy(m.secret[:], secret)
	if m.secret == [secretSize]byte{} {
		return Key{}, errors.New("the secret is all zero: generate a random one")
	}
	full := m.subkey(idLabel)
	return Key{
		id:   ID(full[:len(ID{})]),
		open: func() *material { return m },
	}, nil
}

// ParseKey reads the text form of a key, as [Key.Reveal] writes it:
//
//	cs1_ <48 characters>     written together, with no space
//
// The 48 characters are the base64url (RFC 4648 §5, unpadded) of the 32 bytes of the secret and 4
// bytes of checksum. The checksum is the CRC-32 (IEEE), big-endian, of the four
// characters "cs1_" followed by the secret. It finds slips in copying; it protects from nobody.
//
// ParseKey refuses the sample keys of this module's documentation, as all the world has them.
// An error never repeats any part of the text.
func ParseKey(text string) (Key, error) {
	k, err := parseKey(text)
	if err != nil {
		return Key{}, fmt.Errorf("keys: %w", err)
	}
	return k, nil
}

func parseKey(text string) (Key, error) {
	body, ok := strings.CutPrefix(text, keyPrefix)
	if !ok {
		return Key{}, errors.New("not a key: a key starts with " + keyPrefix)
	}
	// The decoder below would skip line ends.
	if i := strings.IndexFunc(body, notInKey); i >= 0 {
		return Key{}, fmt.Errorf("character %d of the key cannot be in a key: after %s come only letters, digits, - and _",
			len(keyPrefix)+i+1, keyPrefix)
	}
	switch {
	case len(text) < keyTextSize:
		return Key{}, fmt.Errorf("the key is too short, %d characters instead of %d: was it cut off in copying?",
			len(text), keyTextSize)
	case len(text) > keyTextSize:
		return Key{}, fmt.Errorf("the key is too long, %d characters instead of %d: was something added in copying?",
			len(text), keyTextSize)
	}
	raw, err := keyEncoding.DecodeString(body)
	if err != nil {
		return Key{}, errors.New("the key is not base64url") // not err: it may quote the text
	}
	secret, sum := raw[:secretSize], raw[secretSize:]
	if binary.BigEndian.Uint32(sum) != checksum(secret) {
		return Key{}, errors.New("the checksum of the key does not match: was it cut off in copying, or mistyped? Copy it again")
	}
	k, err := newKey(secret)
	if err != nil {
		return Key{}, err
	}
	if isSample(k.id) {
		return Key{}, errors.New("this is a sample key from the documentation, which everybody has: generate your own")
	}
	return k, nil
}

func notInKey(r rune) bool {
	return !('A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' || r == '_')
}

func checksum(secret []byte) uint32 {
	sum := crc32.ChecksumIEEE([]byte(keyPrefix))
	return crc32.Update(sum, crc32.IEEETable, secret)
}

// sampleIDs are the IDs of the keys that documentation may show. Their secrets are
// SHA-256("cookiesession sample key 1") and SHA-256("cookiesession sample key 2").
var sampleIDs = [...]ID{
	{0xbb, 0x2d, 0xf1, 0x84},
	{0x5d, 0x8c, 0xe8, 0x90},
}

func isSample(id ID) bool {
	for _, sample := range sampleIDs {
		if id == sample {
			return true
		}
	}
	return false
}

// ID returns the name of the key. The zero Key has the zero ID.
func (k Key) ID() ID { return k.id }

func (k Key) isZero() bool { return k.open == nil }

// Reveal returns the secret in the text form that [ParseKey] reads. No other
// method of a Key gives the secret away. It panics if k is the zero Key.
func (k Key) Reveal() string {
	if k.isZero() {
		panic("keys: Reveal of the zero Key")
	}
	m := k.open()
	raw := make([]byte, 0, secretSize+crc32.Size)
	raw = append(raw, m.secret[:]...)
	raw = binary.BigEndian.AppendUint32(raw, checksum(m.secret[:]))
	return keyPrefix + keyEncoding.EncodeToString(raw)
}

// sameSecret reports whether two keys, not zero, are one.
func (k Key) sameSecret(other Key) bool {
	a, b := k.open(), other.open()
	return subtle.ConstantTimeCompare(a.secret[:], b.secret[:]) == 1
}

// Derived returns build(subkey), where subkey is 32 bytes of HKDF-SHA-256 (RFC 5869)
// over the key's secret, with no salt and the given info.
//
// The value is built once for each (key, info, T) and then kept on the key: later calls return
// it, and do not allocate. It is kept nowhere else, so it goes when the key goes, and it is
// not found without asking the ring for the key first. That is why it cannot outlive a
// revocation. If several goroutines ask at once, build may run more than once, but all of them
// get the same value. T must be safe for the concurrent use that the caller makes of it, and must
// not print its own secrets if the caller prints it.
//
// Each info stays in memory as long as the key: use a few fixed ones, never one made from a
// request. Derived panics if k is the zero Key, and if info is "cookiesession key id",
// which makes the public [ID].
func Derived[T any](k Key, info string, build func(subkey [32]byte) T) T {
	if k.isZero() {
		panic("keys: Derived from the zero Key: it has no secret")
	}
	if info == idLabel {
		panic("keys: Derived with the info " + idLabel + ": it is reserved for the key's ID, which is public")
	}
	m := k.open()
	at := slot{info, reflect.TypeOf((*T)(nil))}
	if kept, ok := m.load(at); ok {
		return *kept.(*T)
	}
	// Not under the lock, as build may take long, or derive from the same key.
	value := build(m.subkey(info))
	return *m.keep(at, &value).(*T)
}

func (m *material) subkey(info string) [32]byte {
	out, err := hkdf.Key(sha256.New, m.secret[:], nil, info, 32)
	if err != nil {
		panic("keys: HKDF-SHA-256: " + err.Error()) // only for an output length that is not ours
	}
	return [32]byte(out)
}

func (m *material) load(at slot) (any, bool) {
	derived := m.derived.Load()
	if derived == nil {
		return nil, false
	}
	kept, ok := (*derived)[at]
	return kept, ok
}

// keep stores value unless another goroutine was faster, and returns what is kept.
func (m *material) keep(at slot, value any) any {
	m.mu.Lock()
	defer m.mu.Unlock()
	if kept, ok := m.load(at); ok {
		return kept
	}
	next := make(map[slot]any)
	if derived := m.derived.Load(); derived != nil {
		maps.Copy(next, *derived)
	}
	next[at] = value
	m.derived.Store(&next)
	return value
}

// name is how a key is called where its type is plain from the context.
func (k Key) name() string {
	if k.isZero() {
		return "zero"
	}
	return k.id.String()
}

// String returns the ID in the form keys.Key(0a1b2c3d).
func (k Key) String() string { return "keys.Key(" + k.name() + ")" }

// Format writes what [Key.String] returns, for every verb and flag.
func (k Key) Format(f fmt.State, _ rune) { io.WriteString(f, k.String()) }

// LogValue returns the ID.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.name()) }

// MarshalText returns the ID as text.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.name()), nil }

// MarshalBinary returns the 4 bytes of the ID. Without it, encoding/gob would refuse a Key.
func (k Key) MarshalBinary() ([]byte, error) { return k.id[:], nil }
