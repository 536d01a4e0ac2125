package cookiesession_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/cookiesession/internal/pack"
)

// same holds that the short way to read a value, where it says anything, says what
// the decoder says.
func same[T any](t *testing.T, packed []byte) {
	t.Helper()
	got, ok := cookiesession.Glance[T](packed)
	if !ok {
		return
	}
	want, err := cookiesession.Slowly[T](packed)
	require.NoError(t, err, "%x", packed)
	require.Equal(t, want, got, "%x", packed)
}

func FuzzGlance(f *testing.F) {
	for _, v := range []any{"", "text", strings.Repeat("x", 300), 0, 23, 24, 255, 256, 65536, math.MaxInt64, uint64(math.MaxUint64),
		-1, -25, math.MinInt64, true, false, nil, 1.5, 1e300, []byte("bytes"), []int{1}, map[string]int{"a": 1}} {
		b, err := cbor.Marshal(v)
		require.NoError(f, err)
		f.Add(b)
	}
	f.Add([]byte{0x61, 0xff})                                           // no UTF-8
	f.Add([]byte{0x3b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}) // below int64
	f.Add([]byte{0x78, 0x01, 'a'})                                      // a longer head than it needs
	f.Add([]byte{0xd8, 37, 0x50, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
	f.Fuzz(func(t *testing.T, packed []byte) {
		if n, err := pack.Next(packed); err != nil || n != len(packed) {
			return // not an item, which never comes this far
		}
		same[string](t, packed)
		same[int](t, packed)
		same[int64](t, packed)
		same[bool](t, packed)
		same[any](t, packed)
		same[float64](t, packed)
		same[[]byte](t, packed)
	})
}

func FuzzScalar(f *testing.F) {
	f.Add("", int64(0), false)
	f.Add("d41cf23e-c2ae-4d7a-ae01-716d0009cb73", int64(math.MinInt64), true)
	f.Add("0123456789abcdef", int64(-1), true)
	f.Add("aZ3_bY4-cX5_dW6A", int64(24), true)
	f.Add("\xff", int64(1<<40), true)
	f.Fuzz(func(t *testing.T, text string, n int64, b bool) {
		for _, v := range []any{text, n, int(n), b} {
			plain, packed, ok := cookiesession.EncodeScalar(v)
			wantPlain, wantPacked, err := cookiesession.EncodeSlowly(v)
			if !ok {
				continue
			}
			require.NoError(t, err)
			require.True(t, bytes.Equal(wantPlain, plain), "%x %x", wantPlain, plain)
			require.True(t, bytes.Equal(wantPacked, packed), "%x %x", wantPacked, packed)
		}
	})
}

func TestTheShortWayIsTaken(t *testing.T) {
	for _, v := range []any{"text", "d41cf23e-c2ae-4d7a-ae01-716d0009cb73", 7, int64(-7), true} {
		_, packed, ok := cookiesession.EncodeScalar(v)
		assert.True(t, ok, "%v", v)
		_, ok = cookiesession.Glance[any](packed)
		assert.True(t, ok, "%v", v)
	}
	_, _, ok := cookiesession.EncodeScalar("\xff")
	assert.False(t, ok)
	_, _, ok = cookiesession.EncodeScalar(1.5)
	assert.False(t, ok)
}
