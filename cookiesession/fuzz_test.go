package cookiesession_test

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
)

// FuzzDecode feeds whole cookie values. Nothing opens but the one text of what
// another implementation finds authentic.
func FuzzDecode(f *testing.F) {
	codec := newCodec(f, cookiesession.Options{Now: newClock().Now})
	for _, first := range []byte{0x11, 0x12} {
		c := newCraft()
		c.first = first
		for _, entries := range [][]byte{{0x61, 'k', 1}, append([]byte{0x61, 'k', 0x78, 200}, make([]byte, 200)...)} {
			value := c.cookie(body(0, sid, entries))
			f.Add(value)
			f.Add(value + "=")
			f.Add(value[:len(value)-1])
		}
	}
	for _, v := range readVectors(f) {
		f.Add(v.cookie)
	}
	f.Fuzz(func(t *testing.T, value string) {
		s, err := codec.Decode(t.Context(), value)
		if err == nil {
			raw, err := base64.RawURLEncoding.DecodeString(value)
			require.NoError(t, err)
			assert.Equal(t, value, base64Of(raw))
			c := newCraft()
			c.first = raw[0]
			assert.True(t, c.authentic(raw), "%q opens and is not authentic", value)
			assert.NotEmpty(t, s.ID())
			return
		}
		assert.ErrorIs(t, err, cookiesession.ErrInvalid)
	})
}

// FuzzBody seals whatever it is fed, so that the reader behind the
// authentication meets it. It never panics, whatever is asked; and what opens
// and can be written again comes back the same.
func FuzzBody(f *testing.F) {
	for _, p := range protections {
		c := newCodec(f, cookiesession.Options{Now: newClock().Now, Protection: p.p})
		for _, payload := range []string{"tiny", "login", "oauth"} {
			s := begin(c)
			s.SetAll(fixture(f, payload))
			if p.p == cookiesession.Signed {
				raw, err := base64.RawURLEncoding.DecodeString(seal(f, c, s))
				require.NoError(f, err)
				f.Add(raw[5 : len(raw)-16])
			}
		}
	}
	for _, v := range readVectors(f) {
		if len(v.body) > 0 {
			f.Add(v.body)
		}
	}
	crafted := newCraft()
	codec := newCodec(f, cookiesession.Options{Now: newClock().Now, Compression: cookiesession.CompressIsolated})
	f.Fuzz(func(t *testing.T, body []byte) {
		value := crafted.cookie(body)
		s, err := codec.Decode(t.Context(), value)
		if err != nil {
			require.ErrorIs(t, err, cookiesession.ErrInvalid)
			return
		}
		want := map[string]any{}
		for key, v := range s.All() {
			want[key] = v
		}
		failed := s.Err()
		s.Size()
		_ = s.String()
		s.Set("n", 1)
		want["n"] = int64(1)
		again, err := codec.Encode(s)
		if err != nil || failed != nil {
			return
		}
		s, err = codec.Decode(t.Context(), again)
		require.NoError(t, err)
		got := map[string]any{}
		for key, v := range s.All() {
			got[key] = v
		}
		require.NoError(t, s.Err())
		assert.Equal(t, len(want), len(got))
		assert.Equal(t, printed(want), printed(got)) // NaN is not equal to itself
	})
}
