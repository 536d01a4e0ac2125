package cookiesession_test

import (
	"bytes"
	"compress/flate"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/chacha20poly1305"

	"github.com/cookiesession/go/cookiesession"
)

// A craft writes cookies by hand, as SPEC.md says and with nothing of the
// package itself: tests use it to seal what no codec would, and to hold that
// the codec reads what another program writes.
type craft struct {
	secret      []byte // 32 bytes
	realm, name string
	first       byte // version and protection
	nonce       []byte
}

func newCraft() craft {
	secret := sha256.Sum256([]byte("test key 1"))
	return craft{secret: secret[:], name: "__Host-session", first: 0x11, nonce: bytes.Repeat([]byte{7}, 24)}
}

func (c craft) expand(info []byte) []byte {
	key, err := hkdf.Key(sha256.New, c.secret, nil, string(info), 32)
	if err != nil {
		panic(err)
	}
	return key
}

func (c craft) keyID() []byte { return c.expand([]byte("cookiesession key id"))[:4] }

func (c craft) subkey() []byte {
	info := append([]byte("cookiesession"), 1, c.first&15)
	info = binary.BigEndian.AppendUint16(info, uint16(len(c.realm)))
	info = append(info, c.realm...)
	info = binary.BigEndian.AppendUint16(info, uint16(len(c.name)))
	return c.expand(append(info, c.name...))
}

func (c craft) header() []byte { return append([]byte{c.first}, c.keyID()...) }

func (c craft) seal(body []byte) []byte {
	raw := c.header()
	if c.first&15 == 2 {
		aead, err := chacha20poly1305.NewX(c.subkey())
		if err != nil {
			panic(err)
		}
		return append(append(raw, c.nonce...), aead.Seal(nil, c.nonce, body, raw)...)
	}
	raw = append(raw, body...)
	mac := hmac.New(sha256.New, c.subkey())
	mac.Write(raw)
	return append(raw, mac.Sum(nil)[:16]...)
}

// authentic checks what seal made.
func (c craft) authentic(raw []byte) bool {
	if c.first&15 == 2 {
		aead, err := chacha20poly1305.NewX(c.subkey())
		if err != nil {
			panic(err)
		}
		_, err = aead.Open(nil, raw[5:29], raw[29:], raw[:5])
		return err == nil
	}
	return bytes.Equal(raw, c.seal(raw[5:len(raw)-16]))
}

func (c craft) cookie(body []byte) string {
	return base64.RawURLEncoding.EncodeToString(c.seal(body))
}

// body is a body with the given flags, created at noon.
func body(flags byte, parts ...[]byte) []byte {
	b := binary.BigEndian.AppendUint32([]byte{flags}, uint32(noon.Unix()))
	return append(b, bytes.Join(parts, nil)...)
}

// sid is the session ID of crafted cookies.
var sid = []byte("crafted sid.")

// unhex reads hex with spaces, and text in single quotes.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	var out []byte
	for i, part := range strings.Split(s, "'") {
		if i%2 == 1 {
			out = append(out, part...)
			continue
		}
		b, err := hex.DecodeString(strings.ReplaceAll(part, " ", ""))
		require.NoError(t, err)
		out = append(out, b...)
	}
	return out
}

func deflated(b []byte) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, 9)
	if err != nil {
		panic(err)
	}
	w.Write(b)
	w.Close()
	return out.Bytes()
}

// cborBytes is a byte string.
func cborBytes(b []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0x59}, uint16(len(b))), b...)
}

// decode opens a crafted cookie at noon.
func (c craft) decode(t testing.TB, body []byte) (*cookiesession.Session, error) {
	t.Helper()
	codec := newCodec(t, cookiesession.Options{Now: newClock().Now})
	return codec.Decode(t.Context(), c.cookie(body))
}

func base64Of(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// foreignID tells gorilla's JSONEncoder from other serializers.
func foreignID() []byte {
	return binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte("securecookie.JSONEncoder")))
}
