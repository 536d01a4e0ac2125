package cookiesession_test

import (
	"bytes"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
)

// TestAuthenticButWrong seals, with the right key, bodies that no codec writes.
func TestAuthenticButWrong(t *testing.T) {
	one := unhex(t, "61 'k' 01") // "k": 1
	for _, tc := range []struct {
		name string
		body []byte
		want error // nil: it opens
	}{
		{"as it should be", body(0, sid, one), nil},
		{"no entries", body(0, sid), nil},
		{"empty", nil, cookiesession.ErrMalformed},
		{"cut before the ID", body(0, sid[:11]), cookiesession.ErrMalformed},
		{"reserved flag 0x20", body(0x20, sid, one), cookiesession.ErrUnreadable},
		{"reserved flag 0x40", body(0x40, sid, one), cookiesession.ErrUnreadable},
		{"reserved flag 0x80", body(0x80, sid, one), cookiesession.ErrUnreadable},
		{"reserved compression", body(3, sid, one), cookiesession.ErrUnreadable},
		{"touched", body(0x10, []byte{1}, sid, one), nil},
		{"touched, but as created", body(0x10, []byte{0}, sid, one), cookiesession.ErrMalformed},
		{"touched, in a long spelling", body(0x10, []byte{0x81, 0x00}, sid, one), cookiesession.ErrMalformed},
		{"touched, without end", body(0x10, bytes.Repeat([]byte{0x80}, 20), sid), cookiesession.ErrMalformed},
		{"touched, beyond the clock", body(0x10, unhex(t, "ffffffff0f"), sid, one), cookiesession.ErrMalformed},
		{"touched in the future", body(0x10, unhex(t, "ad02"), sid, one), cookiesession.ErrUnreadable}, // 301 s
		{"touched within the skew", body(0x10, unhex(t, "ac02"), sid, one), nil},
		{"expiry after, cut off", body(0x04, sid), cookiesession.ErrMalformed},
		{"expiry after, long spelling", body(0x04, sid, []byte{0x81, 0x00}, one), cookiesession.ErrMalformed},
		{"expiry after 0", body(0x04, sid, []byte{0}, one), cookiesession.ErrExpired},
		{"expiry at created", body(0x08, sid, []byte{0}, one), cookiesession.ErrExpired},
		{"expiry at, later", body(0x08, sid, []byte{9}, one), nil},
		{"expiry with the browser", body(0x0c, sid, one), nil},
		{"key is an integer beyond the names", body(0, sid, unhex(t, "18ff 01")), cookiesession.ErrMalformed},
		{"key is bytes", body(0, sid, unhex(t, "41 'k' 01")), cookiesession.ErrMalformed},
		{"key is not UTF-8", body(0, sid, unhex(t, "61 ff 01")), cookiesession.ErrMalformed},
		{"key without a value", body(0, sid, unhex(t, "61 'k'")), cookiesession.ErrMalformed},
		{"keys out of order", body(0, sid, unhex(t, "61 'l' 01"), one), cookiesession.ErrMalformed},
		{"key twice", body(0, sid, one, one), cookiesession.ErrMalformed},
		{"key twice, once by its index", body(0, sid, unhex(t, "00 01 67 'user_id' 01")), cookiesession.ErrMalformed},
		{"value cut off", body(0, sid, unhex(t, "61 'k' 62 'a'")), cookiesession.ErrMalformed},
		{"value of indefinite length", body(0, sid, unhex(t, "61 'k' 9f 01 ff")), cookiesession.ErrMalformed},
		{"length that lies", body(0, sid, unhex(t, "61 'k' 5a ffffffff 00")), cookiesession.ErrMalformed},
		{"length of 64 bits", body(0, sid, unhex(t, "61 'k' 9b ffffffffffffffff 00")), cookiesession.ErrMalformed},
		{"deep", body(0, sid, unhex(t, "61 'k'"), bytes.Repeat([]byte{0x81}, 1000), []byte{1}), cookiesession.ErrMalformed},
		{"deflated value where none is said to be", body(0, sid, unhex(t, "61 'k' d8e2 41 00")), cookiesession.ErrMalformed},
		{"shared block that is none", body(1, sid, []byte{0xff, 0xff}), cookiesession.ErrMalformed},
		{"shared block, and more", body(1, sid, deflated(one), []byte{0}), cookiesession.ErrMalformed},
		{"shared block", body(1, sid, deflated(one)), nil},
		{"shared block with a deflated value", body(1, sid, deflated(unhex(t, "61 'k' d8e2 41 00"))), cookiesession.ErrMalformed},
		{"shared block that is a bomb", body(1, sid, deflated(append(unhex(t, "61 'k' 5a 00100000"), make([]byte, 1<<20)...))), cookiesession.ErrMalformed},
		{"keys beyond the limit", body(1, sid, deflated(append(append(unhex(t, "79 ffff"), bytes.Repeat([]byte("a"), 65535)...), 1))), cookiesession.ErrMalformed},
	} {
		for _, first := range []byte{0x11, 0x12} {
			t.Run(tc.name+"/"+map[byte]string{0x11: "signed", 0x12: "encrypted"}[first], func(t *testing.T) {
				c := newCraft()
				c.first = first
				s, err := c.decode(t, tc.body)
				if tc.want != nil {
					require.ErrorIs(t, err, tc.want)
					return
				}
				require.NoError(t, err)
				if s.Len() > 0 {
					assert.Equal(t, 1, s.GetInt("k"))
				}
				assert.Equal(t, "Y3JhZnRlZCBzaWQu", s.ID())
			})
		}
	}
}

// TestAuthenticButUnreadableValues has what is found only when a value is
// asked for: the others stay readable, and a write of them fails or copies,
// but loses nothing in silence.
func TestAuthenticButUnreadableValues(t *testing.T) {
	bomb := cborBytes(deflated(append(unhex(t, "5a 00100000"), make([]byte, 1<<20)...)))
	for _, tc := range []struct {
		name  string
		flags byte
		value []byte
	}{
		{"not UTF-8", 0, unhex(t, "61 ff")},
		{"duplicates once unpacked", 0, unhex(t, "a2 00 01 67 'user_id' 01")},
		{"an index beyond the names", 0, unhex(t, "a1 18ff 01")},
		{"a UUID of 3 bytes", 0, unhex(t, "d825 43 010203")},
		{"deeper than 32", 0, append(bytes.Repeat([]byte{0x81}, 33), 1)},
		{"a deflated value that is no byte string", 2, unhex(t, "d8e2 01")},
		{"a deflated value that does not inflate", 2, unhex(t, "d8e2 42 ffff")},
		{"a deflated value of two items", 2, append(unhex(t, "d8e2"), cborBytes(deflated([]byte{1, 1}))...)},
		{"a deflated value that is a bomb", 2, append(unhex(t, "d8e2"), bomb...)},
		{"deflated twice", 2, append(unhex(t, "d8e2"), cborBytes(deflated(append(unhex(t, "d8e2"), bomb...)))...)},
		{"another serializer's", 0, unhex(t, "d8e3 45 0000000000")},
		{"another serializer's, cut off", 0, unhex(t, "d8e3 41 00")},
		{"another serializer's, no byte string", 0, unhex(t, "d8e3 01")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := newCraft().decode(t, body(tc.flags, sid, unhex(t, "61 'a' 01 61 'k'"), tc.value, unhex(t, "61 'z' 01")))
			require.NoError(t, err)
			assert.Nil(t, s.Get("k"))
			require.ErrorContains(t, s.Err(), `get "k"`)
			assert.Equal(t, 1, s.GetInt("a"))
			assert.Equal(t, 1, s.GetInt("z"))
			assert.Nil(t, s.Pop("k"))
			assert.True(t, s.Has("k"), "what does not decode stays")
			n := 0
			for range s.All() {
				n++
			}
			assert.Equal(t, 3, n)
			s.Size()
			_ = s.String()
			s.Delete("k")
			assert.NoError(t, s.Err())
			codec := newCodec(t, cookiesession.Options{Now: newClock().Now})
			again := present(codec, seal(t, codec, s))
			assert.Equal(t, []string{"a", "z"}, again.Keys())
		})
	}
}

// Many small values that each inflate to much are refused together.
func TestDeflatedValuesShareOneLimit(t *testing.T) {
	long := append(unhex(t, "59 7530"), make([]byte, 30000)...)
	value := append(unhex(t, "d8e2"), cborBytes(deflated(long))...)
	var entries []byte
	for _, key := range []string{"a", "b", "c", "d"} {
		entries = append(append(entries, 0x61, key[0]), value...)
	}
	s, err := newCraft().decode(t, body(2, sid, entries))
	require.NoError(t, err)
	assert.NotNil(t, s.Get("a"))
	assert.NotNil(t, s.Get("b"))
	assert.Nil(t, s.Get("c"), "beyond 65536 bytes in all")
	assert.ErrorContains(t, s.Err(), "65536")
	s.Set("n", 1)
	codec := newCodec(t, cookiesession.Options{Now: newClock().Now})
	_, err = codec.Seal(s)
	var tooLarge *cookiesession.TooLargeError
	require.ErrorAs(t, err, &tooLarge)
	assert.True(t, tooLarge.Unpacked)
}

// A refused cookie costs little memory, whatever it says.
func TestRefusingAllocatesLittle(t *testing.T) {
	bomb := newCraft()
	forged := bomb.cookie(body(1, sid, deflated(make([]byte, 1<<20))))
	forged = forged[:len(forged)-2] + "AA"
	codec := newCodec(t, cookiesession.Options{Now: newClock().Now})
	for name, value := range map[string]string{
		"too long":     strings.Repeat("A", 1<<20),
		"longest":      strings.Repeat("A", 4096),
		"forged bomb":  forged,
		"sealed bomb":  bomb.cookie(body(1, sid, deflated(make([]byte, 1<<20)))),
		"sealed lies":  bomb.cookie(body(0, sid, unhex(t, "61 'k' 9b 7fffffffffffffff 00"))),
		"not base64":   strings.Repeat("%", 4096),
		"unknown keys": "EQAAAAAA" + strings.Repeat("A", 4000),
	} {
		t.Run(name, func(t *testing.T) {
			try := func() {
				s := codec.Open(t.Context(), slices.Values([]string{value}))
				if s.Len() != 0 {
					t.Error("it opened")
				}
			}
			try() // fills the pools
			const rounds = 50
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for range rounds {
				try()
			}
			runtime.ReadMemStats(&after)
			assert.Less(t, (after.TotalAlloc-before.TotalAlloc)/rounds, uint64(512<<10), "bytes a try")
		})
	}
}
