package pack_test

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession/internal/pack"
)

// decMode decodes as sessions are decoded.
func decMode(tb testing.TB) cbor.DecMode { return decModeOf(tb, pack.MaxDepth) }

func decModeOf(tb testing.TB, depth int) cbor.DecMode {
	tb.Helper()
	mode, err := cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		IndefLength:      cbor.IndefLengthForbidden,
		TimeTagToAny:     cbor.TimeTagToTime,
		MaxNestedLevels:  depth,
		MaxArrayElements: math.MaxInt32,
		MaxMapPairs:      math.MaxInt32,
	}.DecMode()
	require.NoError(tb, err)
	return mode
}

// checkPacked is what holds for every plain item that Pack accepts.
func checkPacked(tb testing.TB, dec cbor.DecMode, plain, packed []byte) {
	tb.Helper()
	require.LessOrEqual(tb, len(packed), 3*len(plain))
	back, err := pack.Unpack(nil, packed, len(plain))
	require.NoError(tb, err, "plain %x, packed %x", plain, packed)
	require.True(tb, bytes.Equal(plain, back), "plain %x, packed %x, back %x", plain, packed, back)
	n, err := pack.Next(packed)
	require.NoError(tb, err)
	require.Len(tb, packed, n)
	_, err = pack.Unpack(nil, packed, len(plain)-1)
	require.ErrorIs(tb, err, pack.ErrTooLarge)

	require.NoError(tb, dec.Wellformed(plain), "plain %x", plain)
	// Keys that Go maps cannot hold, or cannot tell apart, are not refused.
	var value any
	err = dec.Unmarshal(plain, &value)
	var key *cbor.InvalidMapKeyTypeError
	var duplicate *cbor.DupMapKeyError
	if !errors.As(err, &key) && !errors.As(err, &duplicate) {
		require.NoError(tb, err, "plain %x", plain)
	}
}

func seed(f *testing.F, packed bool) {
	for _, name := range []string{"tiny", "login", "cart", "oauth", "large"} {
		b, err := encMode(f).Marshal(fixture(f, name))
		require.NoError(f, err)
		if packed {
			b, err = pack.Pack(nil, b)
			require.NoError(f, err)
		}
		f.Add(b)
	}
	for _, test := range items {
		if packed {
			f.Add(unhex(f, test.packed))
		} else {
			f.Add(unhex(f, test.plain))
		}
	}
	for _, test := range refused {
		f.Add(unhex(f, test.item))
	}
}

func FuzzUnpackPack(f *testing.F) {
	seed(f, false)
	dec := decMode(f)
	f.Fuzz(func(t *testing.T, plain []byte) {
		packed, err := pack.Pack(nil, plain)
		if err != nil {
			require.Empty(t, packed)
			return
		}
		checkPacked(t, dec, plain, packed)
	})
}

func FuzzUnpack(f *testing.F) {
	seed(f, true)
	dec := decMode(f)
	f.Fuzz(func(t *testing.T, packed []byte) {
		const limit = 1 << 10
		plain, err := pack.Unpack(nil, packed, limit)
		if err != nil {
			require.Empty(t, plain)
			return
		}
		require.LessOrEqual(t, len(plain), limit)
		n, bound, err := pack.Measure(packed)
		require.NoError(t, err)
		require.Len(t, packed, n)
		require.LessOrEqual(t, len(plain), bound)
		if pack.IsPlain(packed) {
			require.Equal(t, packed, plain)
		}
		again, err := pack.Pack(nil, plain)
		require.NoError(t, err, "plain %x, packed %x", plain, packed)
		checkPacked(t, dec, plain, again)

		key, rest, err := pack.CutKey(packed)
		if err == nil {
			require.Empty(t, rest)
			again, _, err := pack.CutKey(pack.AppendKey(nil, string(key)))
			require.NoError(t, err)
			require.Equal(t, key, again)
			require.Equal(t, string(key), pack.Name(key))
		}
	})
}

// packedDepth is the depth that Next allows, twice that of the plain form with
// room for an escape and a leaf.
const packedDepth = 2*pack.MaxDepth + 3

func FuzzNext(f *testing.F) {
	seed(f, true)
	dec := decModeOf(f, packedDepth)
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := pack.Next(data)
		if err != nil {
			require.Zero(t, n)
			require.Error(t, dec.Wellformed(data))
			return
		}
		require.NoError(t, dec.Wellformed(data[:n]))
		require.Equal(t, n == len(data), dec.Wellformed(data) == nil)
	})
}

// TestRandom packs items that are well-formed by construction, of kinds that
// a fuzzer finds slowly.
func TestRandom(t *testing.T) {
	dec := decMode(t)
	g := generator{rand.New(rand.NewPCG(3, 4))}
	accepted := 0
	for range 20_000 {
		plain := g.item(nil, 4)
		packed, err := pack.Pack(nil, plain)
		if errors.Is(err, pack.ErrDuplicate) {
			continue
		}
		require.NoError(t, err, "plain %x", plain)
		checkPacked(t, dec, plain, packed)
		accepted++
	}
	assert.Greater(t, accepted, 15_000)
}

type generator struct{ *rand.Rand }

func (g generator) head(b []byte, major byte, arg uint64) []byte {
	major <<= 5
	long := g.IntN(8) == 0
	switch {
	case arg < 24 && !long:
		return append(b, major|byte(arg))
	case arg < 256 && !long:
		return append(b, major|24, byte(arg))
	}
	return append(b, major|26, byte(arg>>24), byte(arg>>16), byte(arg>>8), byte(arg))
}

func (g generator) text(b []byte) []byte {
	texts := []string{
		"", "user_id", "sub", "é", "plain words here",
		"d41cf23e-c2ae-4d7a-ae01-716d0009cb73", "0123456789abcdef",
		"aZ3_bY4-cX5_dW6A", "aZ3/bY4+cX5/dW6AbQ==", "aZ3/bY4+cX5/dW6Ab+==",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.AAEC",
	}
	s := []byte(texts[g.IntN(len(texts))])
	if len(s) > 2 && g.IntN(3) == 0 { // nearly
		const alphabet = "aB3-_+/=.f "
		s[g.IntN(len(s)-2)+2] = alphabet[g.IntN(len(alphabet))]
		if s[1] == 0xa9 {
			s = s[:2]
		}
	}
	return append(g.head(b, 3, uint64(len(s))), s...)
}

func (g generator) item(b []byte, depth int) []byte {
	kind := g.IntN(12)
	if depth == 0 {
		kind = g.IntN(6)
	}
	switch kind {
	case 0:
		return g.head(b, byte(g.IntN(2)), g.Uint64N(300))
	case 1:
		return append(g.head(b, 2, 2), 1, 2)
	case 2:
		return append(b, 0xf9, byte(g.IntN(256)), byte(g.IntN(256)))
	case 3:
		times := []string{"2026-11-22T21:30:05Z", "0000-01-01T00:00:00Z", "2026-11-22T21:30:05.25Z", "1969-12-31T23:59:59-01:00"}
		s := times[g.IntN(len(times))]
		return append(g.head(g.head(b, 6, 0), 3, uint64(len(s))), s...)
	case 4, 5:
		return g.text(b)
	case 6:
		n := g.IntN(4)
		b = g.head(b, 4, uint64(n))
		for range n {
			b = g.item(b, depth-1)
		}
		return b
	case 7, 8, 9:
		n := g.IntN(4)
		b = g.head(b, 5, uint64(n))
		for range n {
			b = g.item(g.item(b, g.IntN(2)*(depth-1)), depth-1)
		}
		return b
	default:
		tags := []uint64{1, 2, 4, 21, 22, 37, 100, 108, 224, 225, 226, 227, 228}
		switch tag := tags[g.IntN(len(tags))]; tag {
		case 1:
			return g.head(g.head(b, 6, tag), byte(g.IntN(2)), g.Uint64N(1<<32))
		case 2:
			return append(g.head(g.head(b, 6, tag), 2, 2), 1, 2)
		default:
			return g.item(g.head(b, 6, tag), depth-1)
		}
	}
}
