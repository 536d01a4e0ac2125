package envelope

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"hash"
	"slices"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"
)

// TagSize is the length in bytes of the authentication tag of both
// protections: HMAC-SHA-256 (RFC 2104, FIPS 180-4) cut to its first 16
// bytes, or the tag of Poly1305 (RFC 8439).
const TagSize = 16

// NonceSize is the length in bytes of the random nonce of XChaCha20-Poly1305.
const NonceSize = chacha20poly1305.NonceSizeX

// A Sealer protects cookies with one subkey. It is safe for concurrent use.
type Sealer interface {
	// Seal returns raw, which is header and body, protected. It may work in
	// place when raw has the capacity.
	Seal(raw []byte) []byte
	// Open authenticates raw and returns its body, which may share raw's
	// memory. Its only error is ErrForged.
	Open(raw []byte) ([]byte, error)
}

// NewSealer returns the Sealer of a protection.
func NewSealer(p Protection, subkey [32]byte) Sealer {
	if p == Encrypted {
		aead, err := chacha20poly1305.NewX(subkey[:])
		if err != nil {
			panic("envelope: " + err.Error()) // only for a key of another length
		}
		return encrypter{aead}
	}
	// A MAC's keyed state is made once and reused: that is half the cost of a
	// short message. Beside it the pool holds the last tag.
	return &signer{states: sync.Pool{New: func() any {
		return &mac{Hash: hmac.New(sha256.New, subkey[:])}
	}}}
}

type signer struct{ states sync.Pool }

type mac struct {
	hash.Hash
	sum [sha256.Size]byte
}

func (s *signer) tag(raw []byte) (t [TagSize]byte) {
	m := s.states.Get().(*mac)
	m.Reset()
	m.Write(raw)
	copy(t[:], m.Sum(m.sum[:0]))
	s.states.Put(m)
	return t
}

func (s *signer) Seal(raw []byte) []byte {
	tag := s.tag(raw)
	return append(raw, tag[:]...)
}

func (s *signer) Open(raw []byte) ([]byte, error) {
	cut := len(raw) - TagSize
	want := s.tag(raw[:cut])
	if subtle.ConstantTimeCompare(want[:], raw[cut:]) != 1 {
		return nil, ErrForged
	}
	return raw[HeaderSize:cut:cut], nil
}

type encrypter struct{ aead cipher.AEAD }

// Seal leaves header · nonce · ciphertext · tag, in place where there is room. The
// header is the additional data, so a cookie cannot be relabelled.
func (e encrypter) Seal(raw []byte) []byte {
	n := len(raw)
	raw = slices.Grow(raw, NonceSize+TagSize)[:n+NonceSize]
	copy(raw[HeaderSize+NonceSize:], raw[HeaderSize:n])
	nonce := raw[HeaderSize : HeaderSize+NonceSize]
	rand.Read(nonce) // never fails: crypto/rand ends the program instead
	return e.aead.Seal(raw[:HeaderSize+NonceSize], nonce, raw[HeaderSize+NonceSize:], raw[:HeaderSize])
}

func (e encrypter) Open(raw []byte) ([]byte, error) {
	nonce := raw[HeaderSize : HeaderSize+NonceSize]
	sealed := raw[HeaderSize+NonceSize:]
	body, err := e.aead.Open(sealed[:0], nonce, sealed, raw[:HeaderSize])
	if err != nil {
		return nil, ErrForged
	}
	return body, nil
}
