package pack_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession/internal/pack"
)

const limit = 64 << 10

// unhex reads hex with spaces. A part in quotes is text as it stands, which
// holds no space.
func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	var b []byte
	for part := range strings.FieldsSeq(s) {
		if text, ok := strings.CutPrefix(part, "'"); ok {
			b = append(b, strings.TrimSuffix(text, "'")...)
			continue
		}
		raw, err := hex.DecodeString(part)
		require.NoError(tb, err, part)
		b = append(b, raw...)
	}
	return b
}

// items are plain items with their packed forms.
var items = []struct{ name, plain, packed string }{
	{"integer", "18 64", "18 64"},
	{"integer, long head", "1b 0000000000000001", "1b 0000000000000001"},
	{"negative", "39 01f3", "39 01f3"},
	{"bytes", "43 010203", "43 010203"},
	{"simple", "f8 20", "f8 20"},
	{"null", "f6", "f6"},
	{"half", "f9 3e00", "f9 3e00"},
	{"double, no short decimal", "fb 3fd5555555555555", "fb 3fd5555555555555"},
	{"double, decimal", "fb 4041733333333333", "c4 82 20 19 015d"},
	{"double, negative decimal", "fb c041733333333333", "c4 82 20 39 015c"},
	{"double, decimal of many places", "fb 3f1a36e2eb1c432d", "c4 82 23 01"},
	{"double, whole", "fb 419d6f3454000000", "c4 82 00 1a 075bcd15"},
	{"double, mantissa of 32 bits", "fb 41efffffffe00000", "c4 82 00 1a ffffffff"},
	{"double, mantissa of 33 bits", "fb 41f0000000000000", "fb 41f0000000000000"},
	{"double, zero", "fb 0000000000000000", "fb 0000000000000000"},
	{"double, infinity", "fb fff0000000000000", "fb fff0000000000000"},
	{"double, NaN", "fb 7ff8000000000001", "fb 7ff8000000000001"},
	{"double, least", "fb 0000000000000001", "fb 0000000000000001"},
	{"array", "82 01 80", "82 01 80"},
	{"text", "65 'hello'", "65 'hello'"},
	{"text, UTF-8", "62 c3a9", "62 c3a9"},
	{"empty text", "60", "60"},

	{"UUID", "78 24 'd41cf23e-c2ae-4d7a-ae01-716d0009cb73'", "d825 50 d41cf23ec2ae4d7aae01716d0009cb73"},
	{"UUID, long head", "79 0024 'd41cf23e-c2ae-4d7a-ae01-716d0009cb73'", "79 0024 'd41cf23e-c2ae-4d7a-ae01-716d0009cb73'"},
	{"UUID, a capital", "78 24 'D41cf23e-c2ae-4d7a-ae01-716d0009cb73'", "d5 58 1b 0f8d5c7f6ddef9cd9a7bee1dedaf9a7b4d7eef5e9dd34d3d71bef7"},
	{"UUID, dash astray", "78 24 'd41cf23ec-2ae-4d7a-ae01-716d0009cb73'", "78 24 'd41cf23ec-2ae-4d7a-ae01-716d0009cb73'"},
	{"UUID, low line", "78 24 'd41cf23e-c2ae-4d7a_ae01-716d0009cb73'", "78 24 'd41cf23e-c2ae-4d7a_ae01-716d0009cb73'"},

	{"hex", "70 '0123456789abcdef'", "d86c 48 0123456789abcdef"},
	{"hex, digits only", "70 '4111111111111111'", "d86c 48 4111111111111111"},
	{"hex, letters only", "70 'deadbeefdeadbeef'", "d86c 48 deadbeefdeadbeef"},
	{"hex, short", "6e '0123456789abcd'", "6e '0123456789abcd'"},
	{"hex, odd", "71 '0123456789abcdef0'", "71 '0123456789abcdef0'"},
	{"hex, capitals", "70 '0123456789ABCDEF'", "70 '0123456789ABCDEF'"},

	{"base64url", "70 'aZ3_bY4-cX5_dW6A'", "d5 4c 699dff6d8e3e717e7f756e80"},
	{"base64url, stray bits", "72 'aZ3ebY4kcX5fdW6AbB'", "72 'aZ3ebY4kcX5fdW6AbB'"},
	{"base64url, no such length", "71 'aZ3ebY4kcX5fdW6Ab'", "71 'aZ3ebY4kcX5fdW6Ab'"},
	{"base64url, words", "75 'session_expired_today'", "75 'session_expired_today'"},
	{"base64url, product code", "74 'TSHIRT-Blue-XL-20245'", "74 'TSHIRT-Blue-XL-20245'"},
	{"base64url, camel case", "74 'AccountSettingsPage2'", "74 'AccountSettingsPage2'"},
	{"base64", "74 'aZ3/bY4+cX5/dW6Ab+=='", "74 'aZ3/bY4+cX5/dW6Ab+=='"},
	{"base64, canonical", "74 'aZ3/bY4+cX5/dW6AbQ=='", "d6 4d 699dff6d8e3e717e7f756e806d"},
	{"base64, one pad", "74 'aZ3/bY4+cX5/dW6Abb0='", "d6 4e 699dff6d8e3e717e7f756e806dbd"},
	{"base64, unpadded", "72 'aZ3/bY4+cX5/dW6AbQ'", "72 'aZ3/bY4+cX5/dW6AbQ'"},
	{"base64, pads within", "74 'aZ3/bY4=cX5/dW6AbQ=='", "74 'aZ3/bY4=cX5/dW6AbQ=='"},
	{"base64, both alphabets", "70 'aZ3/bY4-cX5/dW6A'", "70 'aZ3/bY4-cX5/dW6A'"},
	{"base64, line break", "71 615a332f6259340a6358352f6457364162", "71 615a332f6259340a6358352f6457364162"},
	{"base64, only pads", "70 '================'", "70 '================'"},

	{
		"JWT",
		"78 29 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.AAEC'",
		"d8e1 83 4f '{\"alg\":\"HS256\"}' 4b '{\"sub\":\"1\"}' 43 000102",
	},
	{
		"JWT, no signature",
		"78 25 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0..'",
		"d8e1 84 4e '{\"alg\":\"none\"}' 4b '{\"sub\":\"1\"}' 40 40",
	},
	{"JWT, six segments", "78 20 'eyJhbGciOiJIUzI1NiJ9aaa.a.a.a.a.'", "78 20 'eyJhbGciOiJIUzI1NiJ9aaa.a.a.a.a.'"},
	{"JWT, stray bits", "78 20 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.AB'", "78 20 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.AB'"},
	{"JWT, short", "6e 'eyJhbGciOi.AAA'", "6e 'eyJhbGciOi.AAA'"},
	{"host name", "78 20 'a1B2c3D4e5F6g7H8.example.com.aaa'", "78 20 'a1B2c3D4e5F6g7H8.example.com.aaa'"},

	{"time", "c0 74 '2026-11-22T21:30:05Z'", "c1 1a 6b035edd"},
	{"time, before 1970", "c0 74 '1969-12-31T23:59:59Z'", "c1 20"},
	{"time, first", "c0 74 '0000-01-01T00:00:00Z'", "c1 3b 0000000e79747bff"},
	{"time, last", "c0 74 '9999-12-31T23:59:59Z'", "c1 1b 0000003afff4417f"},
	{"time, zone", "c0 78 19 '2026-11-22T21:30:05+00:00'", "c0 78 19 '2026-11-22T21:30:05+00:00'"},
	{"time, fraction", "c0 76 '2026-11-22T21:30:05.5Z'", "c0 76 '2026-11-22T21:30:05.5Z'"},
	{"time, long tag", "d8 00 74 '2026-11-22T21:30:05Z'", "d8 00 74 '2026-11-22T21:30:05Z'"},
	{"time, long text head", "c0 78 14 '2026-11-22T21:30:05Z'", "c0 78 14 '2026-11-22T21:30:05Z'"},
	{"time, under a tag", "d8 64 c0 74 '1970-01-01T00:00:09Z'", "d8 64 c1 09"},
	{"own tag 1, integer", "c1 1a 6b022ead", "d8e0 c1 1a 6b022ead"},
	{"own tag 1, float", "c1 fb 4041733333333333", "d8e0 c1 fb 4041733333333333"},
	{"own tag 1, least", "c1 3b 7fffffffffffffff", "d8e0 c1 3b 7fffffffffffffff"},
	{"own tag 1, least double", "c1 fb c3e0000000000000", "d8e0 c1 fb c3e0000000000000"},
	{"own tag 1, large float", "c1 fa 5effffff", "d8e0 c1 fa 5effffff"},
	{"own tag 1, half", "c1 f9 fbff", "d8e0 c1 f9 fbff"},
	{"own tag 1, long head", "d9 0001 05", "d8e0 d9 0001 05"},
	{"bignum", "c2 49 010000000000000000", "c2 49 010000000000000000"},
	{"own tag 4", "c4 82 21 19 6ab3", "d8e0 c4 82 21 19 6ab3"},
	{"own tag 4, a decimal in it", "c4 82 20 fb 4041733333333333", "d8e0 c4 82 20 c4 82 20 19 015d"},

	{"own tag 21", "d5 41 01", "d8e0 d5 41 01"},
	{"own tag 22", "d6 a0", "d8e0 d6 a0"},
	{"own tag 37", "d825 50 d41cf23ec2ae4d7aae01716d0009cb73", "d8e0 d825 50 d41cf23ec2ae4d7aae01716d0009cb73"},
	{"own tag 108", "d86c 60", "d8e0 d86c 60"},
	{"own tag 224", "d8e0 01", "d8e0 d8e0 01"},
	{"own tag 224, twice", "d8e0 d8e0 01", "d8e0 d8e0 d8e0 d8e0 01"},
	{"own tag 225", "d8e1 80", "d8e0 d8e1 80"},
	{"own tag 226", "d8e2 40", "d8e0 d8e2 40"},
	{"own tag 227", "d8e3 40", "d8e0 d8e3 40"},
	{"own tag, long head", "da 00000025 01", "d8e0 da 00000025 01"},
	{"own tag, packed content", "d825 70 '0123456789abcdef'", "d8e0 d825 d86c 48 0123456789abcdef"},
	{"tag of no meaning here", "d864 70 '0123456789abcdef'", "d864 d86c 48 0123456789abcdef"},

	{"name", "a1 67 'user_id' 01", "a1 00 01"},
	{"name, two bytes", "a1 63 'sub' 01", "a1 18 18 01"},
	{"name as a value", "67 'user_id'", "67 'user_id'"},
	{"name, long head", "a1 78 07 'user_id' 01", "a1 78 07 'user_id' 01"},
	{"name in an array as key", "a1 81 67 'user_id' 01", "a1 81 67 'user_id' 01"},
	{"own integer key", "a1 00 01", "a1 d8e0 00 01"},
	{"own integer key, long head", "a1 18 00 01", "a1 d8e0 18 00 01"},
	{"own negative key", "a1 20 01", "a1 20 01"},
	{"own float key", "a1 f9 3c00 01", "a1 f9 3c00 01"},
	{"own tagged key", "a1 d825 00 01", "a1 d8e0 d825 00 01"},
	{"own escaped key", "a1 d8e0 00 01", "a1 d8e0 d8e0 00 01"},
	{"integer in a tag as key", "a1 d864 00 01", "a1 d864 00 01"},
	{"hex as key", "a1 70 '0123456789abcdef' 00", "a1 d86c 48 0123456789abcdef 00"},
	{"map, long head", "b8 01 61 'v' 01", "b8 01 02 01"},
	{"map, not sorted", "a3 61 'z' 00 61 'y' 01 61 'v' 02", "a3 61 'z' 00 61 'y' 01 02 02"},
	{"one key, two heads", "a2 61 'a' 00 78 01 'a' 00", "a2 61 'a' 00 78 01 'a' 00"},
	{"nested", "a1 62 'id' 82 a1 61 'v' 01 a1 01 60", "a1 03 82 a1 02 01 a1 d8e0 01 60"},
}

func TestPack(t *testing.T) {
	for _, test := range items {
		t.Run(test.name, func(t *testing.T) {
			plain, want := unhex(t, test.plain), unhex(t, test.packed)

			packed, err := pack.Pack([]byte("before"), plain)
			require.NoError(t, err)
			assert.Equal(t, hex.EncodeToString(want), hex.EncodeToString(packed[6:]))
			assert.Equal(t, "before", string(packed[:6]))

			back, err := pack.Unpack([]byte("before"), want, len(plain))
			require.NoError(t, err)
			assert.Equal(t, hex.EncodeToString(plain), hex.EncodeToString(back[6:]))
			assert.Equal(t, "before", string(back[:6]))

			_, err = pack.Unpack(nil, want, len(plain)-1)
			require.ErrorIs(t, err, pack.ErrTooLarge)

			n, err := pack.Next(append(want, 0xff))
			require.NoError(t, err)
			assert.Equal(t, len(want), n)
		})
	}
}

// Every item, cut short anywhere, is refused.
func TestTruncated(t *testing.T) {
	for _, test := range items {
		t.Run(test.name, func(t *testing.T) {
			plain, packed := unhex(t, test.plain), unhex(t, test.packed)
			for i := range plain {
				_, err := pack.Pack(nil, plain[:i])
				require.ErrorIs(t, err, pack.ErrMalformed, "plain %x", plain[:i])
			}
			for i := range packed {
				_, err := pack.Unpack(nil, packed[:i], limit)
				require.ErrorIs(t, err, pack.ErrMalformed, "packed %x", packed[:i])
				_, err = pack.Next(packed[:i])
				require.ErrorIs(t, err, pack.ErrMalformed, "packed %x", packed[:i])
			}
		})
	}
}

// What neither form may hold. None of it differs between the forms.
var refused = []struct {
	name, item string
	err        error
}{
	{"nothing", "", pack.ErrMalformed},
	{"bytes after", "01 01", pack.ErrMalformed},
	{"reserved 28", "1c", pack.ErrMalformed},
	{"reserved 30", "7e", pack.ErrMalformed},
	{"indefinite bytes", "5f 41 00 ff", pack.ErrMalformed},
	{"indefinite text", "7f 61 'a' ff", pack.ErrMalformed},
	{"indefinite array", "9f 00 ff", pack.ErrMalformed},
	{"indefinite map", "bf 20 00 ff", pack.ErrMalformed},
	{"break", "ff", pack.ErrMalformed},
	{"break in array", "81 ff", pack.ErrMalformed},
	{"simple below 32", "f8 14", pack.ErrMalformed},
	{"simple below 32, in array", "81 f8 14", pack.ErrMalformed},
	{"long bytes", "5b ffffffffffffffff", pack.ErrMalformed},
	{"long text", "7b 7fffffffffffffff", pack.ErrMalformed},
	{"long array", "9b ffffffffffffffff 00", pack.ErrMalformed},
	{"long map", "bb 8000000000000000 20 00", pack.ErrMalformed},
	{"map, odd", "a1 20", pack.ErrMalformed},
	{"not UTF-8", "61 ff", pack.ErrUTF8},
	{"not UTF-8, surrogate", "63 eda080", pack.ErrUTF8},
	{"not UTF-8, key", "a1 61 ff 00", pack.ErrUTF8},
	{"not UTF-8, long head", "78 01 ff", pack.ErrUTF8},
	{"not UTF-8, tag 0", "c0 61 ff", pack.ErrUTF8},
	{"tag 0, integer", "c0 01", pack.ErrMalformed},
	{"tag 0, no time", "c0 65 'today'", pack.ErrMalformed},
	{"tag 0, no such day", "c0 74 '2026-02-30T00:00:00Z'", pack.ErrMalformed},
	{"tag 0, leap second", "c0 74 '2016-12-31T23:59:60Z'", pack.ErrMalformed},
	{"tag 0, one-digit hour", "c0 73 '2026-11-22T1:30:05Z'", pack.ErrMalformed},
	{"tag 0, no seconds", "c0 71 '2026-11-22T01:30Z'", pack.ErrMalformed},
	{"tag 0, comma", "c0 76 '2026-11-22T21:30:05,5Z'", pack.ErrMalformed},
	{"tag 0, empty fraction", "c0 75 '2026-11-22T21:30:05.Z'", pack.ErrMalformed},
	{"tag 0, no zone", "c0 73 '2026-11-22T21:30:05'", pack.ErrMalformed},
	{"tag 0, small letters", "c0 74 '2026-11-22t21:30:05z'", pack.ErrMalformed},
	{"tag 0, zone out of range", "c0 78 19 '2026-11-22T21:30:05+24:00'", pack.ErrMalformed},
	{"tag 0, zone in letters", "c0 78 19 '2026-11-22T21:30:05+0a:00'", pack.ErrMalformed},
	{"tag 0, zone and Z", "c0 78 1a '2026-11-22T21:30:05+00:00Z'", pack.ErrMalformed},
	{"tag 0, five-digit year", "c0 75 '12026-11-22T21:30:05Z'", pack.ErrMalformed},
	{"tag 0, tag", "c0 c0 74 '2026-11-22T21:30:05Z'", pack.ErrMalformed},
	{"tag 0, nothing", "c0", pack.ErrMalformed},
	{"tag 1, text", "c1 61 'a'", pack.ErrMalformed},
	{"tag 1, null", "c1 f6", pack.ErrMalformed},
	{"tag 1, too much", "c1 1b 8000000000000000", pack.ErrMalformed},
	{"tag 1, too little", "c1 3b 8000000000000000", pack.ErrMalformed},
	{"tag 1, half infinity", "c1 f9 7c00", pack.ErrMalformed},
	{"tag 1, half NaN", "c1 f9 7e00", pack.ErrMalformed},
	{"tag 1, float too large", "c1 fa 5f000000", pack.ErrMalformed},
	{"tag 1, float NaN", "c1 fa 7fc00000", pack.ErrMalformed},
	{"tag 1, double too large", "c1 fb 43e0000000000000", pack.ErrMalformed},
	{"tag 1, double too small", "c1 fb c3e0000000000001", pack.ErrMalformed},
	{"tag 1, double infinity", "c1 fb fff0000000000000", pack.ErrMalformed},
	{"tag 1, bytes", "c1 41 00", pack.ErrMalformed},
	{"tag 2, integer", "c2 01", pack.ErrMalformed},
	{"tag 3, text", "c3 60", pack.ErrMalformed},
	{"duplicate", "a2 20 00 20 00", pack.ErrDuplicate},
	{"duplicate, apart", "a3 21 00 20 00 21 00", pack.ErrDuplicate},
	{"duplicate, text", "a2 61 'a' 00 61 'a' 01", pack.ErrDuplicate},
	{"duplicate, array", "a2 81 00 00 81 00 01", pack.ErrDuplicate},
	{"duplicate, inside", "81 a1 20 a2 20 00 20 00", pack.ErrDuplicate},
	{"duplicate, in a key", "a1 a2 20 00 20 00 00", pack.ErrDuplicate},
}

func TestRefused(t *testing.T) {
	for _, test := range refused {
		t.Run(test.name, func(t *testing.T) {
			item := unhex(t, test.item)
			dst := []byte("before")
			got, err := pack.Pack(dst, item)
			require.ErrorIs(t, err, test.err)
			assert.Equal(t, dst, got)
			got, err = pack.Unpack(dst, item, limit)
			require.ErrorIs(t, err, test.err)
			assert.Equal(t, dst, got)
		})
	}
}

func TestPackRefused(t *testing.T) {
	for _, test := range []struct {
		name, plain string
		err         error
	}{
		{"duplicate name", "a2 61 'v' 00 61 'v' 00", pack.ErrDuplicate},
		{"duplicate integer key", "a2 01 00 01 00", pack.ErrDuplicate},
		{"tag 1 in tag 1", "c1 c1 00", pack.ErrMalformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := pack.Pack(nil, unhex(t, test.plain))
			require.ErrorIs(t, err, test.err)
		})
	}
}

func TestUnpackRefused(t *testing.T) {
	for _, test := range []struct {
		name, packed string
		err          error
	}{
		{"UUID of 15 bytes", "d825 4f d41cf23ec2ae4d7aae01716d0009cb", pack.ErrMalformed},
		{"UUID of text", "d825 70 '0123456789abcdef'", pack.ErrMalformed},
		{"base64url of text", "d5 60", pack.ErrMalformed},
		{"base64 of an array", "d6 80", pack.ErrMalformed},
		{"hex of an integer", "d86c 00", pack.ErrMalformed},
		{"hex of a tag", "d86c d864 40", pack.ErrMalformed},
		{"segments of bytes", "d8e1 41 00", pack.ErrMalformed},
		{"no segments", "d8e1 80", pack.ErrMalformed},
		{"nine segments", "d8e1 89 404040404040404040", pack.ErrMalformed},
		{"segments of text", "d8e1 81 60", pack.ErrMalformed},
		{"segments, indefinite", "d8e1 9f 40 ff", pack.ErrMalformed},
		{"time of text", "c1 60", pack.ErrMalformed},
		{"time of a float", "c1 f9 0000", pack.ErrMalformed},
		{"time, year 10000", "c1 1b 0000003afff44180", pack.ErrMalformed},
		{"time, year -1", "c1 3b 0000000e79747c00", pack.ErrMalformed},
		{"time of a time", "d8e0 c1 c1 00", pack.ErrMalformed},
		{"decimal of an integer", "c4 00", pack.ErrMalformed},
		{"decimal of three", "c4 83 20 01 01", pack.ErrMalformed},
		{"decimal, positive exponent", "c4 82 01 01", pack.ErrMalformed},
		{"decimal, exponent -23", "c4 82 36 01", pack.ErrMalformed},
		{"decimal, exponent a float", "c4 82 f9 0000 01", pack.ErrMalformed},
		{"decimal, mantissa too large", "c4 82 20 1b 0020000000000001", pack.ErrMalformed},
		{"decimal, mantissa too small", "c4 82 20 3b 0020000000000000", pack.ErrMalformed},
		{"decimal, mantissa a bignum", "c4 82 20 c2 41 01", pack.ErrMalformed},
		{"decimal, cut off", "c4 82 20", pack.ErrMalformed},
		{"time of a decimal", "d8e0 c1 c4 82 20 01", pack.ErrMalformed},
		{"tag 0 of packed text", "c0 d86c 40", pack.ErrMalformed},
		{"tag 2 of packed text", "c2 d86c 40", pack.ErrMalformed},
		{"name beyond the table", "a1 18 ff 00", pack.ErrMalformed},
		{"name far beyond the table", "a1 1b ffffffffffffffff 00", pack.ErrMalformed},
		{"escape of an integer, no key", "d8e0 01", pack.ErrMalformed},
		{"escape of an integer, value", "a1 00 d8e0 01", pack.ErrMalformed},
		{"escape of a negative", "a1 d8e0 20 00", pack.ErrMalformed},
		{"escape of text", "a1 d8e0 61 'a' 00", pack.ErrMalformed},
		{"escape of another tag", "d8e0 d864 00", pack.ErrMalformed},
		{"escape of tag 0", "d8e0 c0 74 '2026-11-22T21:30:05Z'", pack.ErrMalformed},
		{"escape of nothing", "d8e0", pack.ErrMalformed},
		{"outer tag, deflated", "d8e2 40", pack.ErrMalformed},
		{"outer tag, foreign", "81 d8e3 40", pack.ErrMalformed},
		{"duplicate, name and text", "a2 02 00 61 'v' 00", pack.ErrDuplicate},
		{"duplicate, two names", "a2 02 00 02 00", pack.ErrDuplicate},
		{"duplicate, two packings", "a2 d86c 48 0123456789abcdef 00 d5 4c d35db7e39ebbf3d69b71d79f 00", pack.ErrDuplicate},
		{"duplicate, escaped", "a3 d8e0 02 00 d8e0 01 00 d8e0 02 00", pack.ErrDuplicate},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := pack.Unpack(nil, unhex(t, test.packed), limit)
			require.ErrorIs(t, err, test.err)
		})
	}
}

// What the writer does not write and the reader takes all the same.
func TestUnpackLenient(t *testing.T) {
	for _, test := range []struct{ name, packed, plain string }{
		{"short hex", "d86c 41 0f", "62 '0f'"},
		{"empty base64url", "d5 40", "60"},
		{"short base64", "d6 41 00", "64 'AA=='"},
		{"one segment", "d8e1 81 41 00", "62 'AA'"},
		{"eight empty segments", "d8e1 88 4040404040404040", "67 '.......'"},
		{"long heads", "da 0000006c 58 01 0f", "62 '0f'"},
		{"long time", "d8 01 18 05", "c0 74 '1970-01-01T00:00:05Z'"},
		{"long escape", "d9 00e0 d5 00", "d5 00"},
		{"decimal, long", "c4 82 3815 1b 0020000000000000", "fb 3eae392010175ee6"},
		{"decimal, exponent 0", "c4 82 00 01", "fb 3ff0000000000000"},
		{"decimal, exponent -22", "c4 82 35 3b 001fffffffffffff", "fb beae392010175ee6"},
		{"decimal left as a float", "fb 4041733333333333", "fb 4041733333333333"},
		{"time left as text", "c0 74 '1970-01-01T00:00:05Z'", "c0 74 '1970-01-01T00:00:05Z'"},
		{"name left as text", "a1 61 'v' 00", "a1 61 'v' 00"},
		{"name, long head", "a1 19 0002 00", "a1 61 'v' 00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			plain, err := pack.Unpack(nil, unhex(t, test.packed), limit)
			require.NoError(t, err)
			assert.Equal(t, hex.EncodeToString(unhex(t, test.plain)), hex.EncodeToString(plain))
		})
	}
}

func TestDepth(t *testing.T) {
	uuid := "78 24 'd41cf23e-c2ae-4d7a-ae01-716d0009cb73'"
	jwt := "78 29 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.AAEC'"
	for _, test := range []struct {
		name, level string
		levels      int // that just fit around each leaf
		leaves      []string
	}{
		{"arrays", "81", 32, []string{"00", uuid, jwt, "c1 00", "c0 74 '2026-11-22T21:30:05Z'", "c1 f9 0000"}},
		{"maps", "a1 61 'v'", 32, []string{"00", uuid, jwt, "c1 00"}},
		{"map keys", "a1", 32, []string{"00 00", "01 02"}},
		{"plain tags", "d864", 33, []string{"00", uuid, jwt}},
		{"special tags", "d825", 33, []string{"00", uuid, jwt}},
		{"special tags over time", "d825", 32, []string{"c1 00", "c0 74 '2026-11-22T21:30:05Z'"}},
		{"special tags in arrays", "81 d825", 32, []string{"00", uuid, jwt}},
		{"escapes", "d8e0", 33, []string{"00", uuid, jwt}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, leaf := range test.leaves {
				nest := func(n int) []byte {
					b := bytes.Repeat(unhex(t, test.level), n)
					b = append(b, unhex(t, leaf)...)
					if test.name == "map keys" {
						b = append(b, make([]byte, n-1)...)
					}
					return b
				}
				plain := nest(test.levels)
				packed, err := pack.Pack(nil, plain)
				require.NoError(t, err)
				back, err := pack.Unpack(nil, packed, limit)
				require.NoError(t, err)
				assert.Equal(t, plain, back)
				n, err := pack.Next(packed)
				require.NoError(t, err)
				assert.Len(t, packed, n)
				assert.NoError(t, decMode(t).Wellformed(plain))

				over := nest(test.levels + 1)
				_, err = pack.Pack(nil, over)
				require.ErrorIs(t, err, pack.ErrDepth)
				assert.Error(t, decMode(t).Wellformed(over))
			}
		})
	}

	for _, test := range []struct{ name, level, leaf string }{
		{"packed arrays", "81", "00"},
		{"packed tags", "d864", "00"},
		{"packed escapes", "d8e0 d825", "00"},
		{"packed time under tags", "d864", "c1 00"},
		{"far too many arrays", "81 81 81 81", "00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := append(bytes.Repeat(unhex(t, test.level), 34), unhex(t, test.leaf)...)
			_, err := pack.Unpack(nil, b, limit)
			require.ErrorIs(t, err, pack.ErrDepth)
		})
	}
	_, err := pack.Next(bytes.Repeat([]byte{0x81}, 1<<20))
	require.ErrorIs(t, err, pack.ErrDepth)
}

// A map of many unsorted keys takes time in proportion, give or take.
func TestManyKeys(t *testing.T) {
	const n = 60_000
	rnd := rand.New(rand.NewPCG(1, 2))
	plain := binary.BigEndian.AppendUint32([]byte{0xba}, n)
	var first []byte
	for i, k := range rnd.Perm(n) {
		key := binary.BigEndian.AppendUint32([]byte{0x44}, uint32(k))
		plain = append(append(plain, key...), 0)
		if i == 0 {
			first = key
		}
	}
	packed, err := pack.Pack(nil, plain)
	require.NoError(t, err)
	back, err := pack.Unpack(nil, packed, len(plain))
	require.NoError(t, err)
	assert.True(t, bytes.Equal(plain, back))

	copy(plain[len(plain)-6:], first)
	_, err = pack.Pack(nil, plain)
	require.ErrorIs(t, err, pack.ErrDuplicate)
	_, err = pack.Unpack(nil, plain, len(plain))
	require.ErrorIs(t, err, pack.ErrDuplicate)
}

func TestAllocations(t *testing.T) {
	plain, err := encMode(t).Marshal(fixture(t, "login"))
	require.NoError(t, err)
	packed, err := pack.Pack(nil, plain)
	require.NoError(t, err)
	dst := make([]byte, 0, 2*len(plain))
	key, other := pack.AppendKey(nil, "user_id"), pack.AppendKey(nil, "basket")
	for _, test := range []struct {
		name string
		call func()
	}{
		{"Pack", func() { _, _ = pack.Pack(dst, plain) }},
		{"Unpack", func() { _, _ = pack.Unpack(dst, packed, limit) }},
		{"Next", func() { _, _ = pack.Next(packed) }},
		{"Next, refused", func() { _, _ = pack.Next(packed[:9]) }},
		{"AppendKey", func() { _ = pack.AppendKey(dst, "user_id") }},
		{"CutKey", func() { _, _, _ = pack.CutKey(key) }},
		{"CutKey, another", func() { _, _, _ = pack.CutKey(other) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Zero(t, testing.AllocsPerRun(100, test.call))
		})
	}
}

func BenchmarkPack(b *testing.B) {
	for _, name := range []string{"tiny", "login", "cart", "oauth", "large"} {
		plain, err := encMode(b).Marshal(fixture(b, name))
		require.NoError(b, err)
		packed, err := pack.Pack(nil, plain)
		require.NoError(b, err)
		dst := make([]byte, 0, 2*len(plain))
		b.Run(name+"/pack", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = pack.Pack(dst, plain)
			}
		})
		b.Run(name+"/unpack", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = pack.Unpack(dst, packed, limit)
			}
		})
	}
}
