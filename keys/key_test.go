package keys_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strings"
	"sync"
	"testing"

	"github.com/cookiesession/go/keys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// secretOf makes a secret that is the same in each run.
func secretOf(seed string) []byte {
	sum := sha256.Sum256([]byte("test " + seed))
	return sum[:]
}

func keyOf(t testing.TB, seed string) keys.Key {
	t.Helper()
	k, err := keys.NewKey(secretOf(seed))
	require.NoError(t, err)
	return k
}

// keyText writes the text form independently of the package.
func keyText(secret []byte) string {
	sum := crc32.ChecksumIEEE(append([]byte("cs1_"), secret...))
	raw := binary.BigEndian.AppendUint32(bytes.Clone(secret), sum)
	return "cs1_" + base64.RawURLEncoding.EncodeToString(raw)
}

// hkdfBlock is the first block of HKDF-SHA-256 with no salt, by hand: RFC 5869 §2.2 and §2.3.
func hkdfBlock(secret []byte, info string) []byte {
	extract := hmac.New(sha256.New, make([]byte, sha256.Size))
	extract.Write(secret)
	expand := hmac.New(sha256.New, extract.Sum(nil))
	expand.Write([]byte(info))
	expand.Write([]byte{1})
	return expand.Sum(nil)
}

func subkey(k keys.Key, info string) [32]byte {
	return keys.Derived(k, info, func(s [32]byte) [32]byte { return s })
}

// countingSecret is 00 01 02 ... 1f.
func countingSecret() []byte {
	secret := make([]byte, 32)
	for i := range secret {
		secret[i] = byte(i)
	}
	return secret
}

func TestKeyVector(t *testing.T) {
	k, err := keys.NewKey(countingSecret())
	require.NoError(t, err)
	assert.Equal(t, "27386f12", k.ID().String())
	assert.Equal(t, "cs1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh-9TkmF", k.Reveal())
	got := subkey(k, "test vector")
	assert.Equal(t, "c4d7fd81be365be930f09d6d852d0fdada6b8245f4c7501ed8208a58a0fc3751", hex.EncodeToString(got[:]))
}

func TestKeyAgainstRFC5869(t *testing.T) {
	for _, seed := range []string{"a", "b", "c"} {
		secret := secretOf(seed)
		k := keyOf(t, seed)
		id := k.ID()
		assert.Equal(t, hkdfBlock(secret, "cookiesession key id")[:4], id[:])
		assert.Equal(t, keyText(secret), k.Reveal())
		for _, info := range []string{"", "x", "cookiesession key id ", strings.Repeat("long", 100)} {
			got := subkey(k, info)
			assert.Equal(t, hkdfBlock(secret, info), got[:], "info %q", info)
		}
	}
}

func TestGenerate(t *testing.T) {
	a, b := keys.Generate(), keys.Generate()
	assert.NotZero(t, a)
	assert.NotEqual(t, a.Reveal(), b.Reveal())
	again, err := keys.ParseKey(a.Reveal())
	require.NoError(t, err)
	assert.Equal(t, a.ID(), again.ID())
	assert.Equal(t, a.Reveal(), again.Reveal())
	assert.Equal(t, subkey(a, "x"), subkey(again, "x"))
}

func TestNewKey(t *testing.T) {
	for name, tt := range map[string]struct {
		secret []byte
		want   string
	}{
		"nil":       {nil, "keys: the secret is 0 bytes long: it must be 32"},
		"too short": {make([]byte, 31), "keys: the secret is 31 bytes long: it must be 32"},
		"too long":  {bytes.Repeat([]byte{1}, 33), "keys: the secret is 33 bytes long: it must be 32"},
		"all zero":  {make([]byte, 32), "keys: the secret is all zero: generate a random one"},
	} {
		t.Run(name, func(t *testing.T) {
			k, err := keys.NewKey(tt.secret)
			assert.EqualError(t, err, tt.want)
			assert.Zero(t, k)
		})
	}
}

func TestNewKeyCopiesItsInput(t *testing.T) {
	secret := secretOf("copied")
	want := keyText(secret)
	k, err := keys.NewKey(secret)
	require.NoError(t, err)
	clear(secret)
	assert.Equal(t, want, k.Reveal())
	first := subkey(k, "x")
	assert.Equal(t, hkdfBlock(secretOf("copied"), "x"), first[:])
}

func TestZeroKey(t *testing.T) {
	var k keys.Key
	assert.Zero(t, k.ID())
	assert.Equal(t, "keys.Key(zero)", k.String())
	assert.PanicsWithValue(t, "keys: Reveal of the zero Key", func() { k.Reveal() })
	assert.PanicsWithValue(t, "keys: Derived from the zero Key: it has no secret", func() { subkey(k, "x") })
}

func TestParseKey(t *testing.T) {
	good := keyText(secretOf("parse"))
	const (
		short    = "keys: the key is too short, %d characters instead of 52: was it cut off in copying?"
		long     = "keys: the key is too long, %d characters instead of 52: was something added in copying?"
		alphabet = "keys: character %d of the key cannot be in a key: after cs1_ come only letters, digits, - and _"
		prefix   = "keys: not a key: a key starts with cs1_"
		sum      = "keys: the checksum of the key does not match: was it cut off in copying, or mistyped? Copy it again"
	)
	flip := func(i int) string {
		b := []byte(good)
		if b[i]++; b[i] == 'Z'+1 || b[i] == 'z'+1 || b[i] == '9'+1 || b[i] == '-'+1 || b[i] == '_'+1 {
			b[i] = 'A'
		}
		return string(b)
	}
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", prefix},
		{"no prefix", good[4:], prefix},
		{"other prefix", "cs2_" + good[4:], prefix},
		{"prefix in upper case", "CS1_" + good[4:], prefix},
		{"space before", " " + good, prefix},
		{"quoted", `"` + good + `"`, prefix},
		{"prefix alone", "cs1_", fmt.Sprintf(short, 4)},
		{"last character missing", good[:51], fmt.Sprintf(short, 51)},
		{"one more character", good + "A", fmt.Sprintf(long, 53)},
		{"two keys", good + good, fmt.Sprintf(long, 104)},
		{"line end after", good + "\n", fmt.Sprintf(alphabet, 53)},
		{"line end within", good[:20] + "\n" + good[20:], fmt.Sprintf(alphabet, 21)},
		{"line ends in place of the last characters", good[:48] + "\r\n\r\n", fmt.Sprintf(alphabet, 49)},
		{"padding", good + "=", fmt.Sprintf(alphabet, 53)},
		{"standard alphabet plus", good[:10] + "+" + good[11:], fmt.Sprintf(alphabet, 11)},
		{"standard alphabet slash", good[:51] + "/", fmt.Sprintf(alphabet, 52)},
		{"not ASCII", good[:10] + "é" + good[12:], fmt.Sprintf(alphabet, 11)},
		{"not UTF-8", good[:10] + "\xff" + good[11:], fmt.Sprintf(alphabet, 11)},
		{"first character changed", flip(4), sum},
		{"character changed", flip(30), sum},
		{"last character changed", flip(51), sum},
		{"two characters swapped", good[:20] + good[21:22] + good[20:21] + good[22:], sum},
		{"all zero", keyText(make([]byte, 32)), "keys: the secret is all zero: generate a random one"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.NotEqual(t, good, tt.text)
			k, err := keys.ParseKey(tt.text)
			assert.EqualError(t, err, tt.want)
			assert.Zero(t, k)
		})
	}
}

// The checksum is over "cs1_" and the secret, not the secret alone.
func TestChecksumCoversThePrefix(t *testing.T) {
	secret := secretOf("prefix")
	raw := binary.BigEndian.AppendUint32(bytes.Clone(secret), crc32.ChecksumIEEE(secret))
	_, err := keys.ParseKey("cs1_" + base64.RawURLEncoding.EncodeToString(raw))
	assert.ErrorContains(t, err, "checksum")
}

func TestSampleKeysAreRefused(t *testing.T) {
	for i, want := range []string{
		"cs1_jSd6KrPuYWgFf-eYX5QeCsjBJDkVc3HmewimAwbi-g2a7LUi",
		"cs1_piYbggEtOqVETUcOQ5I4zBhwwuSCvgV0rIH3nSN4tE9Is6Qt",
	} {
		secret := sha256.Sum256(fmt.Appendf(nil, "cookiesession sample key %d", i+1))
		text := keyText(secret[:])
		assert.Equal(t, want, text, "what the documentation shows")

		_, err := keys.ParseKey(text)
		assert.EqualError(t, err, "keys: this is a sample key from the documentation, which everybody has: generate your own")
		_, err = keys.ParseRing(text + "\n")
		assert.EqualError(t, err, "keys: line 1: this is a sample key from the documentation, which everybody has: generate your own")
	}
}

func TestDerivedRefusesTheLabelOfIDs(t *testing.T) {
	assert.PanicsWithValue(t, "keys: Derived with the info cookiesession key id: it is reserved for the key's ID, which is public", func() {
		subkey(keys.Generate(), "cookiesession key id")
	})
}

func TestDerivedIsBuiltOnce(t *testing.T) {
	k := keyOf(t, "once")
	builds := 0
	build := func(s [32]byte) *[32]byte { builds++; return &s }

	first := keys.Derived(k, "a", build)
	assert.Same(t, first, keys.Derived(k, "a", build))
	copied := k
	assert.Same(t, first, keys.Derived(copied, "a", build), "copies share")
	assert.Equal(t, 1, builds)

	assert.NotEqual(t, *first, *keys.Derived(k, "b", build), "another info, another subkey")
	assert.Equal(t, 2, builds)
	assert.Same(t, first, keys.Derived(k, "a", build), "still kept")
	assert.Equal(t, 2, builds)

	assert.NotSame(t, first, keys.Derived(keyOf(t, "once"), "a", build), "a key read again keeps its own")
	assert.Equal(t, 3, builds)
}

func TestDerivedKeepsTypesApart(t *testing.T) {
	type named string
	k := keyOf(t, "types")
	assert.Equal(t, "text", keys.Derived(k, "a", func([32]byte) string { return "text" }))
	assert.Equal(t, 7, keys.Derived(k, "a", func([32]byte) int { return 7 }))
	assert.Equal(t, named("named"), keys.Derived(k, "a", func([32]byte) named { return "named" }))
	assert.Equal(t, "text", keys.Derived(k, "a", func([32]byte) string { return "other" }))

	// An interface, also when it is nil.
	assert.Nil(t, keys.Derived(k, "a", func([32]byte) error { return nil }))
	assert.Nil(t, keys.Derived(k, "a", func([32]byte) error { return assert.AnError }))
}

func TestDerivedBuildMayDerive(t *testing.T) {
	k := keyOf(t, "nested")
	got := keys.Derived(k, "outer", func([32]byte) [32]byte { return subkey(k, "inner") })
	assert.Equal(t, hkdfBlock(secretOf("nested"), "inner"), got[:])
}

func TestDerivedKeepsNothingOfABuildThatPanics(t *testing.T) {
	k := keyOf(t, "panic")
	assert.Panics(t, func() { keys.Derived(k, "a", func([32]byte) int { panic("build") }) })
	assert.Equal(t, 3, keys.Derived(k, "a", func([32]byte) int { return 3 }))
}

func TestDerivedInARace(t *testing.T) {
	const goroutines, infos = 16, 20
	k := keyOf(t, "race")
	var got [goroutines][infos]*[32]byte
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range infos {
				info := fmt.Sprint("info ", i)
				got[g][i] = keys.Derived(k, info, func(s [32]byte) *[32]byte { return &s })
			}
		})
	}
	wg.Wait()
	for i := range infos {
		assert.Equal(t, hkdfBlock(secretOf("race"), fmt.Sprint("info ", i)), got[0][i][:])
		for g := range goroutines {
			assert.Same(t, got[0][i], got[g][i], "all callers get the kept value")
		}
	}
}
