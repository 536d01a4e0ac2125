package cookiesession_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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
		{"cart", 1028, 1060, 1120, 1250},
		{"oauth", 2896, 3458, 3000, 3500},
		{"large", 3087, 3347, 3200, 3600},
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
