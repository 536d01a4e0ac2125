package cookiesession_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
)

// fixture reads a payload: top-level keys are session keys, and numbers stay
// as exact as their text.
func fixture(t testing.TB, name string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "fixtures", name+".json"))
	require.NoError(t, err)
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var m map[string]any
	require.NoError(t, d.Decode(&m))
	return m
}

// TestCookieSizes holds the size of the cookie value for five payloads of real
// applications. The figures are what is written today; the limits are what was
// promised.
func TestCookieSizes(t *testing.T) {
	for _, tc := range []struct {
		payload           string
		signed, encrypted int // characters of the value, exactly
		signedLimit       int
		encryptedLimit    int
	}{
		{"tiny", 128, 160, 140, 160},
		{"login", 451, 483, 460, 490},
		{"cart", 1019, 1051, 1120, 1250},
		{"oauth", 2894, 3458, 3000, 3500},
		{"large", 3087, 3327, 3200, 3600},
	} {
		for _, p := range []struct {
			name        string
			protection  cookiesession.Protection
			want, limit int
		}{
			{"signed", cookiesession.Signed, tc.signed, tc.signedLimit},
			{"encrypted", cookiesession.Encrypted, tc.encrypted, tc.encryptedLimit},
		} {
			t.Run(tc.payload+"/"+p.name, func(t *testing.T) {
				c := newCodec(t, cookiesession.Options{Protection: p.protection})
				s := c.New(context.Background())
				s.SetAll(fixture(t, tc.payload))
				sealed, err := c.Seal(s)
				var tooLarge *cookiesession.TooLargeError
				if errors.As(err, &tooLarge) {
					t.Fatal(tooLarge)
				}
				require.NoError(t, err)
				assert.LessOrEqual(t, len(sealed.Value), p.limit)
				assert.Equal(t, p.want, len(sealed.Value))
			})
		}
	}
}

// An unchanged session weighs what its cookie does, however that was compressed.
func TestSizeOfAnUnchangedSession(t *testing.T) {
	for _, payload := range []string{"tiny", "login", "cart", "oauth", "large"} {
		for _, opts := range []cookiesession.Options{
			{}, {Protection: cookiesession.Encrypted}, {Compression: cookiesession.CompressIsolated},
		} {
			c := newCodec(t, opts)
			s := c.New(context.Background())
			s.SetAll(fixture(t, payload))
			before := s.Size()
			value := seal(t, c, s)
			s = present(c, value)
			size := s.Size()
			assert.Equal(t, len(c.Name())+len(value), size.Total)
			assert.Equal(t, before, size)
			total := size.Overhead
			for _, v := range size.Values {
				total += v.Bytes
			}
			assert.Equal(t, size.Total, total)
			assert.False(t, s.Modified())

			s.Set("n", 1)
			assert.Greater(t, s.Size().Total, size.Total-8, "a change may compress better, but not by much")
			s.Delete("n")
			assert.InDelta(t, size.Total, s.Size().Total, 4, "it would tell when it was touched")
		}
	}
}

// What a session and its values hold is theirs: the memory that calls work in is used
// again, and must not show through.
func TestNothingHeldIsUsedAgain(t *testing.T) {
	for _, opts := range []cookiesession.Options{
		{}, {Protection: cookiesession.Encrypted}, {Compression: cookiesession.CompressOff},
	} {
		c := newCodec(t, opts)
		type kept struct {
			session *cookiesession.Session
			text    string
			bytes   []byte
			list    []any
			value   string
		}
		var all []kept
		for i := range 200 {
			s := begin(c)
			fill := string(rune('a' + i%26))
			s.Set("text", strings.Repeat(fill, 40))
			s.Set("hex", strings.Repeat("0a", 20))
			s.Set("bytes", bytes.Repeat([]byte(fill), 50))
			s.Set("list", []string{fill, strings.Repeat(fill, 700)})
			s.Set("number", i)
			value := seal(t, c, s)
			o := present(c, value)
			k := kept{session: o, text: o.GetString("text"), value: value}
			k.bytes, _ = o.Get("bytes").([]byte)
			k.list, _ = o.Get("list").([]any)
			all = append(all, k)
		}
		for i, k := range all {
			fill := string(rune('a' + i%26))
			require.Equal(t, strings.Repeat(fill, 40), k.text)
			require.Equal(t, bytes.Repeat([]byte(fill), 50), k.bytes)
			require.Equal(t, []any{fill, strings.Repeat(fill, 700)}, k.list)
			require.Equal(t, i, k.session.GetInt("number"), "read late")
			require.Equal(t, strings.Repeat("0a", 20), k.session.GetString("hex"))
			again, err := c.Decode(context.Background(), k.value)
			require.NoError(t, err)
			require.Equal(t, i, again.GetInt("number"))
		}
	}
}

// Many small values, none of which is worth compressing, are worth it together.
func TestManySmallValues(t *testing.T) {
	c := newCodec(t, cookiesession.Options{})
	fill := func(s *cookiesession.Session, n int) {
		for i := range n {
			s.Set(fmt.Sprintf("line%d", i), map[string]any{"sku": fmt.Sprintf("KX-%05d-BL", i*7919%99999), "title": "A product of ours", "qty": i % 5})
		}
	}
	s := c.New(context.Background())
	fill(s, 100)
	assert.Less(t, s.Size().Total, 2000)
	value := seal(t, c, s)

	// One by one, in as many requests, comes to much the same.
	grown := c.New(context.Background())
	for n := 1; n <= 100; n++ {
		fill(grown, n)
		grown = present(c, seal(t, c, grown))
	}
	assert.InDelta(t, len(value), grown.Size().Total-len(c.Name()), float64(len(value))/10)
	assert.Equal(t, s.Keys(), grown.Keys())
}
