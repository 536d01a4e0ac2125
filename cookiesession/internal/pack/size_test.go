package pack_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession/internal/deflate"
	"github.com/cookiesession/go/cookiesession/internal/pack"
)

const fixtures = "../../testdata/fixtures"

// encMode encodes as sessions are encoded.
func encMode(tb testing.TB) cbor.EncMode {
	tb.Helper()
	mode, err := cbor.EncOptions{
		Sort:          cbor.SortBytewiseLexical,
		ShortestFloat: cbor.ShortestFloat16,
	}.EncMode()
	require.NoError(tb, err)
	return mode
}

// fixture reads one of the sample sessions. Whole numbers become integers.
func fixture(tb testing.TB, name string) map[string]any {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(fixtures, name+".json"))
	require.NoError(tb, err)
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.UseNumber()
	var session map[string]any
	require.NoError(tb, dec.Decode(&session))
	return numbers(session).(map[string]any)
}

func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, _ := v.Float64()
		return f
	case map[string]any:
		for key := range v {
			v[key] = numbers(v[key])
		}
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	}
	return v
}

// The bounds are what this format was measured at, with a little room. They
// catch a change of rules that costs bytes.
func TestSizes(t *testing.T) {
	for _, test := range []struct {
		name                       string
		packed, deflated, separate int
	}{
		{"tiny", 58, 70, 70},
		{"login", 300, 310, 310},
		{"cart", 1300, 790, 760},
		{"oauth", 2740, 2150, 2550},
		{"large", 5700, 2350, 2450},
	} {
		t.Run(test.name, func(t *testing.T) {
			session := fixture(t, test.name)
			mode := encMode(t)
			plain, err := mode.Marshal(session)
			require.NoError(t, err)

			var packed []byte
			separate := 0
			for _, key := range slices.Sorted(maps.Keys(session)) {
				value, err := mode.Marshal(session[key])
				require.NoError(t, err)
				before := len(packed)
				packed = pack.AppendKey(packed, key)
				keyLen := len(packed) - before
				packed, err = pack.Pack(packed, value)
				require.NoError(t, err)

				one := packed[before+keyLen:]
				size := len(one)
				if size >= 400 {
					// A tag and the head of a byte string come with it.
					if n := len(deflate.Append(nil, one, deflate.Fast)) + 5; n < size*9/10 {
						size = n
					}
				}
				separate += keyLen + size
			}
			deflated := len(deflate.Append(nil, packed, deflate.Fast))
			t.Logf("plain %d, packed %d, one block %d, separate %d",
				len(plain), len(packed), deflated, separate)
			assert.LessOrEqual(t, len(packed), test.packed, "packed")
			assert.LessOrEqual(t, deflated, test.deflated, "one block")
			assert.LessOrEqual(t, separate, test.separate, "separate")
		})
	}
}
