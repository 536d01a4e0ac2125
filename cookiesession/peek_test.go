package cookiesession_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
)

// A value that is read out of the pairs as they stand in the cookie is the one that is read
// when they are taken apart: for few pairs and for more than are known by their place.
func TestReadingInPlace(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	values := []any{"text", "", "d41cf23e-c2ae-4d7a-ae01-716d0009cb73", "0123456789abcdef", 7, -7, true, false, nil, 1.5,
		[]any{int64(1)}, map[string]any{"a": "b"}, []byte("bytes")}
	for _, opts := range []cookiesession.Options{{}, {Protection: cookiesession.Encrypted}} {
		c := newCodec(t, opts)
		for n := range 40 {
			s := c.New(context.Background())
			var keys []string
			for range n {
				key := fmt.Sprintf("k%d", random.IntN(100))
				switch random.IntN(4) {
				case 0:
					key = []string{"user_id", "csrf_token", "email", "items", ""}[random.IntN(5)]
				case 1:
					key = fmt.Sprintf("%016x", random.Uint64())
				}
				keys = append(keys, key)
				s.Set(key, values[random.IntN(len(values))])
			}
			if n == 0 {
				s.Set("only", 1)
			}
			value := seal(t, c, s)
			apart := present(c, value)
			apart.Keys() // takes them apart
			for _, key := range append(keys, "absent", "", "zzz", "user_id", "k5") {
				in := present(c, value)
				require.Equal(t, apart.Has(key), in.Has(key), "%d %q", n, key)
				require.Equal(t, apart.Get(key), in.Get(key), "%d %q", n, key)
				require.Equal(t, apart.GetString(key), present(c, value).GetString(key), "%d %q", n, key)
				require.Equal(t, apart.GetInt(key), present(c, value).GetInt(key), "%d %q", n, key)
				require.Equal(t, apart.GetBool(key), present(c, value).GetBool(key), "%d %q", n, key)
				want, wantErr := cookiesession.Get[string](apart, key)
				got, err := cookiesession.Get[string](present(c, value), key)
				require.Equal(t, want, got)
				require.Equal(t, wantErr, err)
			}
		}
	}
}
