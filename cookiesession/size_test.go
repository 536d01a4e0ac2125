package cookiesession_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
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
