package pack_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession/internal/pack"
)

func TestKey(t *testing.T) {
	for _, test := range []struct{ name, key, packed string }{
		{"name", "user_id", "00"},
		{"name, two bytes", "sub", "18 18"},
		{"text", "basket", "66 'basket'"},
		{"empty", "", "60"},
		{"UTF-8", "é", "62 c3a9"},
		{"UUID", "d41cf23e-c2ae-4d7a-ae01-716d0009cb73", "d825 50 d41cf23ec2ae4d7aae01716d0009cb73"},
		{"hex", "0123456789abcdef", "d86c 48 0123456789abcdef"},
		{"base64url", "aZ3_bY4-cX5_dW6A", "d5 4c 699dff6d8e3e717e7f756e80"},
		{"base64", "aZ3/bY4+cX5/dW6AbQ==", "d6 4d 699dff6d8e3e717e7f756e806d"},
		{"JWT", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.AAEC", "d8e1 83 4f '{\"alg\":\"HS256\"}' 4b '{\"sub\":\"1\"}' 43 000102"},
		{"longest", strings.Repeat("x", pack.MaxKey), "7a 00010000 '" + strings.Repeat("x", pack.MaxKey)},
		{"longest hex", strings.Repeat("ab", pack.MaxKey/2), "d86c 59 8000 " + strings.Repeat("ab", pack.MaxKey/2)},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := unhex(t, test.packed)
			packed := pack.AppendKey(nil, test.key)
			assert.Equal(t, hex.EncodeToString(want), hex.EncodeToString(packed))

			key, rest, err := pack.CutKey(append(packed, "rest"...))
			require.NoError(t, err)
			assert.Equal(t, test.key, string(key))
			assert.Equal(t, test.key, pack.Name(key))
			assert.Equal(t, "rest", string(rest))
		})
	}
}

// A key by itself packs as a key in a map does.
func TestKeyInMap(t *testing.T) {
	for _, key := range []string{"user_id", "sub", "basket", "0123456789abcdef"} {
		plain, err := encMode(t).Marshal(map[string]any{key: 1})
		require.NoError(t, err)
		packed, err := pack.Pack(nil, plain)
		require.NoError(t, err)
		assert.Equal(t, packed, append(pack.AppendKey([]byte{0xa1}, key), 1))
	}
}

func TestCutKeyRefused(t *testing.T) {
	for _, test := range []struct {
		name, packed string
		err          error
	}{
		{"nothing", "", pack.ErrMalformed},
		{"truncated", "66 'baske'", pack.ErrMalformed},
		{"no such name", "18 ff", pack.ErrMalformed},
		{"negative", "20", pack.ErrMalformed},
		{"bytes", "41 00", pack.ErrMalformed},
		{"array", "80", pack.ErrMalformed},
		{"null", "f6", pack.ErrMalformed},
		{"escaped integer", "d8e0 00", pack.ErrMalformed},
		{"time", "c1 00", pack.ErrMalformed},
		{"tag", "d864 61 'a'", pack.ErrMalformed},
		{"hex of text", "d86c 60", pack.ErrMalformed},
		{"indefinite", "7f ff", pack.ErrMalformed},
		{"not UTF-8", "61 ff", pack.ErrUTF8},
		{"too long", "7a 00010001 '" + strings.Repeat("x", pack.MaxKey+1), pack.ErrTooLarge},
		{"hex too long", "d86c 59 8001 " + strings.Repeat("ab", pack.MaxKey/2+1), pack.ErrTooLarge},
		{"base64url too long", "d5 59 c001 " + strings.Repeat("ab", 0xc001), pack.ErrTooLarge},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := pack.CutKey(unhex(t, test.packed))
			require.ErrorIs(t, err, test.err)
		})
	}
}
