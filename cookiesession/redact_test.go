package cookiesession_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
)

// failure keeps what an assertion would print.
type failure struct{ text strings.Builder }

func (f *failure) Errorf(format string, args ...any) { fmt.Fprintf(&f.text, format, args...) }

// TestNothingPrintsValuesOrKeys looks for a value and for the key in all that
// a session or a codec may be printed as, by itself and inside of others.
func TestNothingPrintsValuesOrKeys(t *testing.T) {
	const value = "correct horse battery staple"
	codec := newCodec(t, cookiesession.Options{Protection: cookiesession.Encrypted})
	s := begin(codec)
	s.Set("secret", value)
	s.Set("bytes", []byte(value))
	fresh := s
	opened := present(codec, seal(t, codec, s))
	opened.Get("secret")
	opened.Set("more", value)
	unopened := present(codec, cookieOf(t, codec, "secret", value))

	key := testKey(t, "1").Reveal()
	raw, err := base64.RawURLEncoding.DecodeString(key[len("cs1_"):])
	require.NoError(t, err)
	// Beginnings suffice, and a dump that breaks lines shows no more at once.
	spellings := func(b []byte) []string {
		return []string{string(b[:12]), hex.EncodeToString(b[:6]), strings.Trim(fmt.Sprint(b[:6]), "[]"),
			strings.ReplaceAll(fmt.Sprintf("%#x", b[:6]), "0x", ""), base64.StdEncoding.EncodeToString(b[:9])}
	}
	forbidden := append(spellings([]byte(value)), spellings(raw)...)
	forbidden = append(forbidden, key[:20])

	type holder struct {
		Exported *cookiesession.Session
		hidden   *cookiesession.Session
		codec    *cookiesession.Codec
	}
	for name, s := range map[string]*cookiesession.Session{"fresh": fresh, "opened": opened, "unopened": unopened} {
		t.Run(name, func(t *testing.T) {
			h := holder{s, s, codec}
			var out strings.Builder
			for _, v := range []any{s, codec, h, &h, []any{s, codec}, map[string]any{"s": s}} {
				for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
					fmt.Fprintf(&out, verb, v)
				}
				if text, err := json.Marshal(v); err == nil {
					out.Write(text)
				}
				for _, handler := range []func(*bytes.Buffer) slog.Handler{
					func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
					func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
				} {
					var b bytes.Buffer
					slog.New(handler(&b)).Info("x", "v", v)
					out.Write(b.Bytes())
				}
				var f failure
				assert.Nil(&f, v)
				zero := reflect.New(reflect.TypeOf(v)).Elem()
				if zero.Kind() == reflect.Pointer {
					zero.Set(reflect.New(zero.Type().Elem()))
				}
				assert.Equal(&f, v, zero.Interface(), "prints a dump of both, methods disabled")
				assert.Empty(&f, v)
				out.WriteString(f.text.String())
			}
			require.Greater(t, out.Len(), 1000)
			dump := strings.ToLower(out.String())
			// A hex dump, as testify makes it of bytes, has spaces and line breaks.
			dense := strings.Map(func(r rune) rune {
				if strings.ContainsRune(" \n|", r) {
					return -1
				}
				return r
			}, dump)
			for _, secret := range forbidden {
				assert.False(t, strings.Contains(dump, strings.ToLower(secret)), "%q is printed", secret)
				assert.False(t, strings.Contains(dense, strings.ToLower(strings.ReplaceAll(secret, " ", ""))), "%q is printed", secret)
			}
		})
	}
	assert.Equal(t, `cookiesession.Session("bytes" 30 B, "secret" 30 B)`, fresh.String())
	assert.Equal(t, "cookiesession.Session(not looked at)", fmt.Sprintf("%+v", unopened))
}
