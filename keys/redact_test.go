package keys_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/cookiesession/go/keys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// leak returns a spelling of a part of the secret that stands in the text, or "".
// Four bytes in a row, or six characters of base64, are enough to call it a leak.
func leak(text string, secret []byte) string {
	lower := strings.ToLower(text)
	for i := 0; i+4 <= len(secret); i++ {
		part := secret[i : i+4]
		decimal := strings.Trim(fmt.Sprint(part), "[]")
		source := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", part), "[]byte{"), "}")
		for _, spelling := range []string{
			hex.EncodeToString(part),                    // 0a1b2c3d
			fmt.Sprintf("% x", part),                    // 0a 1b 2c 3d
			source,                                      // 0xa, 0x1b, 0x2c, 0x3d
			decimal,                                     // 10 27 44 61
			strings.ReplaceAll(decimal, " ", ","),       // 10,27,44,61
			strings.ReplaceAll(decimal, " ", ", "),      // 10, 27, 44, 61
			strings.Trim(fmt.Sprintf("%o", part), "[]"), // 12 33 54 75
			strings.Trim(fmt.Sprintf("%b", part), "[]"),
		} {
			if strings.Contains(lower, spelling) {
				return spelling
			}
		}
		if strings.Contains(text, string(part)) {
			return string(part)
		}
	}
	for shift := range 3 {
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			encoded := encoding.EncodeToString(secret[shift:])
			for i := 0; i+6 < len(encoded); i++ { // the last character depends on what follows
				if strings.Contains(text, encoded[i:i+6]) {
					return encoded[i : i+6]
				}
			}
		}
	}
	return ""
}

// Without this, a detector that finds nothing would pass for redaction.
func TestLeakDetectorDetects(t *testing.T) {
	secret := secretOf("detector")
	array := [32]byte(secret)
	for name, text := range map[string]string{
		"raw":           string(secret),
		"text form":     keyText(secret),
		"part of it":    keyText(secret)[20:30],
		"%v":            fmt.Sprintf("%v", struct{ secret [32]byte }{array}),
		"%#v":           fmt.Sprintf("%#v", struct{ secret []byte }{secret}),
		"%x":            fmt.Sprintf("%x", secret),
		"%X":            fmt.Sprintf("%X", secret),
		"% x":           fmt.Sprintf("% x", secret),
		"%o":            fmt.Sprintf("%o", array),
		"%b":            fmt.Sprintf("%b", array),
		"JSON slice":    encodeJSON(t, secret),
		"JSON array":    encodeJSON(t, array),
		"gob":           encodeGob(t, struct{ Secret []byte }{secret}),
		"slog":          logWith(newText, array),
		"test failure":  testFailure(struct{ secret [32]byte }{array}),
		"... a pointer": testFailure(struct{ secret *[32]byte }{&array}),
	} {
		assert.NotEmpty(t, leak(text, secret), "%s: %s", name, text)
	}
	assert.Empty(t, leak(keyOf(t, "other").Reveal(), secret))
}

func encodeJSON(t *testing.T, v any) string {
	data, err := json.MarshalIndent(v, "", " ")
	require.NoError(t, err)
	var short bytes.Buffer
	require.NoError(t, json.Compact(&short, data))
	return short.String()
}

func encodeXML(t *testing.T, v any) string {
	data, err := xml.Marshal(v)
	require.NoError(t, err)
	return string(data)
}

func encodeGob(t *testing.T, v any) string {
	var b bytes.Buffer
	require.NoError(t, gob.NewEncoder(&b).Encode(v))
	return b.String()
}

func newText(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) }
func newJSON(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) }

func logWith(handler func(io.Writer) slog.Handler, v any) string {
	var b bytes.Buffer
	slog.New(handler(&b)).With("with", v).Info("message", "key", v, slog.Group("group", "key", v))
	return b.String()
}

// recorder takes the place of the test that fails.
type recorder struct{ text string }

func (r *recorder) Errorf(format string, args ...any) { r.text += fmt.Sprintf(format, args...) }

// testFailure is what testify shows of a value. It walks through pointers and
// unexported fields, and does not call the methods that print.
func testFailure(v any) string {
	var r recorder
	assert.Equal(&r, []any{"other"}, []any{v}) // of one type: then the failure shows the difference in full depth
	assert.Equal(&r, v, nil)
	assert.Nil(&r, v)
	assert.Contains(&r, []any{v}, "other")
	return r.text
}

type subkeyHolder struct{ subkey [32]byte }

// holders returns the value by itself and inside of others.
func holders[T any](v T) map[string]any {
	type exported struct{ V T }
	type unexported struct{ v T }
	type pointer struct{ v *T }
	type deep struct{ inner []map[string]*unexported }
	type embedded struct{ exported }
	p := &v
	return map[string]any{
		"value":                 v,
		"pointer":               p,
		"pointer to pointer":    &p,
		"exported field":        exported{v},
		"unexported field":      unexported{v},
		"pointer to a struct":   &unexported{v},
		"pointer in a field":    pointer{p},
		"any in a field":        struct{ v any }{v},
		"embedded":              embedded{exported{v}},
		"slice":                 []T{v, v},
		"slice of pointers":     []*T{p},
		"array":                 [1]T{v},
		"map":                   map[string]T{"k": v},
		"map to pointers":       map[string]*T{"k": p},
		"deep":                  deep{[]map[string]*unexported{{"k": {v}}}},
		"closure in a function": func() any { return v },
		"channel":               func() chan T { c := make(chan T, 1); c <- v; return c }(),
	}
}

func TestNothingPrintsSecrets(t *testing.T) {
	secret := secretOf("redacted")
	k := keyOf(t, "redacted")
	// With derived state, as subkeys are secret too.
	derived := hkdfBlock(secret, "info")
	keys.Derived(k, "info", func(s [32]byte) [32]byte { return s })
	keys.Derived(k, "info", func(s [32]byte) *subkeyHolder { return &subkeyHolder{s} })

	from := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	ring, err := keys.NewRing(from, keys.Entry{Key: k, From: from}, keys.Entry{Key: keys.Generate(), Revoked: true})
	require.NoError(t, err)

	check := func(t *testing.T, how, text string) {
		t.Helper()
		assert.Empty(t, leak(text, secret), "%s shows the secret: %s", how, text)
		assert.Empty(t, leak(text, derived), "%s shows a subkey: %s", how, text)
	}
	for kind, held := range map[string]map[string]any{
		"Key":   holders(k),
		"Entry": holders(keys.Entry{Key: k, From: from, Revoked: true}),
		"Ring":  holders(*ring),
	} {
		for name, v := range held {
			t.Run(kind+"/"+name, func(t *testing.T) {
				for _, verb := range strings.Split("v +v #v s +s #s q #q +q x X #x #X d b o O c U e g t p w T", " ") {
					check(t, verb, fmt.Sprintf("%"+verb, v))
					check(t, verb, fmt.Sprintf("% 10.3"+strings.TrimLeft(verb, "+#"), v))
				}
				check(t, "Sprint", fmt.Sprint(v))
				check(t, "Errorf", fmt.Errorf("wrapped: %w, %v", errors.New("x"), v).Error())
				check(t, "slog text", logWith(newText, v))
				check(t, "slog JSON", logWith(newJSON, v))
				check(t, "test failure", testFailure(v))

				var b bytes.Buffer
				log.New(&b, "", 0).Println(v)
				require.NoError(t, template.Must(template.New("").Parse("{{.}} {{print .}} {{printf `%v` .}}")).Execute(&b, struct{ V any }{v}))
				check(t, "log and template", b.String())

				// Encoders refuse some of these holders: then there is nothing to see.
				if data, err := json.Marshal(v); err == nil {
					check(t, "JSON", string(data))
				} else {
					check(t, "JSON error", err.Error())
				}
				if data, err := xml.Marshal(v); err == nil {
					check(t, "XML", string(data))
				}
				b.Reset()
				if err := gob.NewEncoder(&b).Encode(v); err != nil {
					check(t, "gob error", err.Error())
				}
				check(t, "gob", b.String())
			})
		}
	}
}

func TestKeyPrintsAsItsID(t *testing.T) {
	k := keyOf(t, "printed")
	id := k.ID().String()
	want := "keys.Key(" + id + ")"

	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%b", "%c", "%U", "%e", "%t", "%20.4v"} {
		assert.Equal(t, want, fmt.Sprintf(verb, k), verb)
		assert.Equal(t, want, fmt.Sprintf(verb, &k), "%s of a pointer", verb)
	}
	assert.Equal(t, want, k.String())
	assert.Equal(t, "["+want+"]", fmt.Sprint([]keys.Key{k}))
	assert.Equal(t, "map[a:"+want+"]", fmt.Sprint(map[string]keys.Key{"a": k}))
	assert.Equal(t, "{K:"+want+"}", fmt.Sprintf("%+v", struct{ K keys.Key }{k}))
	assert.Equal(t, "<nil>", fmt.Sprint((*keys.Key)(nil)))

	type doc struct{ K keys.Key }
	assert.Equal(t, `{"K":"`+id+`"}`, encodeJSON(t, doc{k}))
	assert.Equal(t, `<doc><K>`+id+`</K></doc>`, encodeXML(t, doc{k}))
	raw := k.ID()
	assert.Contains(t, encodeGob(t, doc{k}), string(raw[:]))
	assert.Contains(t, logWith(newText, k), " key="+id+" ")
	assert.Contains(t, logWith(newJSON, &k), `"key":"`+id+`"`)
}

func TestZeroKeyPrints(t *testing.T) {
	var k keys.Key
	assert.Equal(t, "keys.Key(zero)", fmt.Sprintf("%#v", k))
	assert.Equal(t, `"zero"`, encodeJSON(t, k))
	assert.Contains(t, logWith(newText, k), " key=zero ")
}

func TestKeyDoesNotComeBack(t *testing.T) {
	k := keyOf(t, "back")
	type doc struct{ K keys.Key }
	var got doc
	assert.Error(t, json.Unmarshal([]byte(encodeJSON(t, doc{k})), &got))
	assert.Error(t, gob.NewDecoder(strings.NewReader(encodeGob(t, doc{k}))).Decode(&got))
	assert.Zero(t, got.K)
}

func TestRingPrintsIDsAndInstants(t *testing.T) {
	a, b, c := keyOf(t, "a"), keyOf(t, "b"), keyOf(t, "c")
	from := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	one, err := keys.NewRing(time.Time{}, keys.Entry{Key: a})
	require.NoError(t, err)
	three, err := keys.NewRing(from.AddDate(0, -6, 0),
		keys.Entry{Key: c, From: from.Add(time.Hour), Revoked: true}, keys.Entry{Key: b, From: from}, keys.Entry{Key: a})
	require.NoError(t, err)

	for _, tt := range []struct {
		name string
		ring *keys.Ring
		want string
	}{
		{"one key", one, "1 key: " + a.ID().String()},
		{"three keys", three, "3 keys: " + a.ID().String() + ", " + b.ID().String() + " from 2026-09-01T00:00:00Z, " +
			c.ID().String() + " from 2026-09-01T01:00:00Z revoked; not-before 2026-03-01T00:00:00Z"},
		{"zero", new(keys.Ring), "0 keys"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			full := "keys.Ring(" + tt.want + ")"
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				assert.Equal(t, full, fmt.Sprintf(verb, tt.ring), verb)
				assert.Equal(t, full, fmt.Sprintf(verb, *tt.ring), "%s of no pointer", verb)
			}
			assert.Equal(t, full, tt.ring.String())
			assert.Equal(t, `{"R":"`+tt.want+`"}`, encodeJSON(t, struct{ R *keys.Ring }{tt.ring}))
			assert.Contains(t, encodeGob(t, struct{ R *keys.Ring }{tt.ring}), tt.want)
			assert.Contains(t, logWith(newJSON, tt.ring), `"key":"`+tt.want+`"`)
			//lint:ignore SA9005 that a ring cannot be decoded is the point
			assert.Error(t, json.Unmarshal([]byte(encodeJSON(t, tt.ring)), new(keys.Ring)))
		})
	}
	assert.Equal(t, "<nil>", fmt.Sprint((*keys.Ring)(nil)))
}

func TestSourcesPrintWhereNotWhat(t *testing.T) {
	secret := secretOf("source")
	t.Setenv("KEYS_TEST", keyText(secret))
	src := keys.Env("KEYS_TEST")
	_, err := src.Load(t.Context())
	require.NoError(t, err)
	assert.Empty(t, leak(fmt.Sprintf("%+v", src)+testFailure(src), secret))
}
