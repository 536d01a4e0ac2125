package cookiesession_test

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/gorilla/securecookie"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
)

var update = flag.Bool("update", false, "write testdata/vectors anew")

// A vector is one file of testdata/vectors: lines "field: value", a blank
// line, and the cookie value with a line end. SPEC.md lists the fields.
type vector struct {
	file    string
	comment string
	expect  string // opens, broken, malformed, forged, expired, revoked, unreadable
	secret  []byte
	revoked bool
	before  string // the ring's not-before
	realm   string
	name    string
	now     time.Time
	subkey  []byte
	body    []byte
	data    string // JSON of what comes back
	cookie  string
}

var refusals = map[string]error{
	"broken":     cookiesession.ErrMalformed, // if at once
	"malformed":  cookiesession.ErrMalformed,
	"forged":     cookiesession.ErrForged,
	"expired":    cookiesession.ErrExpired,
	"revoked":    cookiesession.ErrRevoked,
	"unreadable": cookiesession.ErrUnreadable,
}

func (v vector) text() string {
	var b strings.Builder
	line := func(field, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", field, value)
		}
	}
	line("comment", v.comment)
	line("expect", v.expect)
	line("secret", hex.EncodeToString(v.secret))
	if v.revoked {
		line("revoked", "yes")
	}
	line("not-before", v.before)
	line("name", v.name)
	line("realm", v.realm)
	line("now", v.now.Format(time.RFC3339))
	line("subkey", hex.EncodeToString(v.subkey))
	line("body", hex.EncodeToString(v.body))
	line("data", v.data)
	return b.String() + "\n" + v.cookie + "\n"
}

func parseVector(t testing.TB, file, text string) vector {
	t.Helper()
	head, cookie, ok := strings.Cut(text, "\n\n")
	require.True(t, ok, file)
	v := vector{file: file, cookie: strings.TrimSuffix(cookie, "\n")}
	for line := range strings.SplitSeq(head, "\n") {
		field, value, ok := strings.Cut(line, ": ")
		require.True(t, ok, "%s: %q", file, line)
		var err error
		switch field {
		case "comment":
			v.comment = value
		case "expect":
			v.expect = value
		case "secret":
			v.secret, err = hex.DecodeString(value)
		case "revoked":
			v.revoked = value == "yes"
		case "not-before":
			v.before = value
		case "name":
			v.name = value
		case "realm":
			v.realm = value
		case "now":
			v.now, err = time.Parse(time.RFC3339, value)
		case "subkey":
			v.subkey, err = hex.DecodeString(value)
		case "body":
			v.body, err = hex.DecodeString(value)
		case "data":
			v.data = value
		default:
			t.Fatalf("%s: unknown field %q", file, field)
		}
		require.NoError(t, err, file)
	}
	return v
}

func readVectors(t testing.TB) []vector {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "vectors", "*.txt"))
	require.NoError(t, err)
	require.NotEmpty(t, files, "the vectors are gone")
	var all []vector
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		all = append(all, parseVector(t, filepath.Base(file), string(text)))
	}
	return all
}

// codec is the reader that the vector asks for.
func (v vector) codec(t testing.TB) *cookiesession.Codec {
	t.Helper()
	key, err := keys.NewKey(v.secret)
	require.NoError(t, err)
	entries := []keys.Entry{{Key: key, Revoked: v.revoked}}
	if v.revoked {
		entries = append(entries, keys.Entry{Key: testKey(t, "another")})
	}
	var before time.Time
	if v.before != "" {
		before, err = time.Parse(time.RFC3339, v.before)
		require.NoError(t, err)
	}
	ring, err := keys.NewRing(before, entries...)
	require.NoError(t, err)
	return codecWith(t, ring, cookiesession.Options{
		Name: v.name, Realm: v.realm, Now: (&clock{v.now}).Now,
		Protection: cookiesession.Encrypted, Serializer: securecookie.JSONEncoder{},
	})
}

func dataOf(t testing.TB, s *cookiesession.Session) string {
	t.Helper()
	data := map[string]any{}
	for key, value := range s.All() {
		data[key] = value
	}
	require.NoError(t, s.Err())
	return printed(data)
}

// printed is JSON, or what comes nearest for what JSON has not.
func printed(v any) string {
	text, err := json.Marshal(textKeyed(v))
	if err != nil {
		return fmt.Sprintf("%#v", v)
	}
	return string(text)
}

// textKeyed gives maps the keys that JSON can have, instants in UTC, and of a tag its content.
func textKeyed(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = textKeyed(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = textKeyed(v[k])
		}
	case map[any]any:
		m := map[string]any{}
		for k, e := range v {
			m[fmt.Sprint(k)] = textKeyed(e)
		}
		return m
	case time.Time:
		return v.UTC()
	case cbor.Tag:
		return textKeyed(v.Content)
	}
	return v
}

func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	seen := map[string]int{}
	for _, v := range readVectors(t) {
		t.Run(v.file, func(t *testing.T) {
			seen[v.expect]++
			codec := v.codec(t)
			s, err := codec.Decode(t.Context(), v.cookie)
			if v.expect == "broken" && err == nil {
				assert.Nil(t, s.Get("k"))
				assert.ErrorContains(t, s.Err(), `get "k"`)
				return
			}
			if v.expect != "opens" {
				require.Contains(t, refusals, v.expect)
				require.ErrorIs(t, err, refusals[v.expect])
				return
			}
			require.NoError(t, err)
			assert.Equal(t, v.data, dataOf(t, s))

			if s.IsEmpty() {
				return
			}
			// Written again, untouched values and all, it says the same.
			s.Renew()
			again, err := codec.Encode(s)
			require.NoError(t, err)
			s, err = codec.Decode(t.Context(), again)
			require.NoError(t, err)
			assert.Equal(t, v.data, dataOf(t, s))

			// And under the other name it is forged.
			v.name += "x"
			_, err = v.codec(t).Decode(t.Context(), v.cookie)
			assert.ErrorIs(t, err, cookiesession.ErrForged)
		})
	}
	for expect := range refusals {
		assert.Positive(t, seen[expect], "no vector for %s", expect)
	}
	assert.Greater(t, seen["opens"], 10)
}

// TestVectorsAreReproducible holds that the files are what the generator, which
// shares no code with the package, writes.
func TestVectorsAreReproducible(t *testing.T) {
	want := map[string]string{}
	for _, v := range makeVectors(t) {
		want[v.file] = v.text()
	}
	got := map[string]string{}
	for _, v := range readVectors(t) {
		text, err := os.ReadFile(filepath.Join("testdata", "vectors", v.file))
		require.NoError(t, err)
		got[v.file] = string(text)
	}
	assert.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)))
	for file, text := range want {
		assert.Equal(t, text, got[file], file)
	}
}

func TestTheSpecsExampleIsAVector(t *testing.T) {
	spec, err := os.ReadFile("SPEC.md")
	require.NoError(t, err)
	for _, v := range readVectors(t) {
		if v.file == "packed-names.txt" {
			assert.Contains(t, string(spec), "\n    "+v.cookie+"\n")
			return
		}
	}
	t.Fatal("the vector is gone")
}

func writeVectors(t *testing.T) {
	dir := filepath.Join("testdata", "vectors")
	require.NoError(t, os.RemoveAll(dir))
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for _, v := range makeVectors(t) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, v.file), []byte(v.text()), 0o644))
	}
}

// stream is a DEFLATE stream that stands here as bytes, with zeros in between, for compressors
// change from release to release, and vectors do not. It must inflate to plain.
func stream(t testing.TB, plain []byte, head string, zeros int, tail string) []byte {
	t.Helper()
	b := slices.Concat(unhex(t, head), make([]byte, zeros), unhex(t, tail))
	got, err := io.ReadAll(flate.NewReader(bytes.NewReader(b)))
	require.NoError(t, err)
	require.True(t, bytes.Equal(plain, got))
	return b
}

// makeVectors crafts every vector by hand.
func makeVectors(t testing.TB) []vector {
	var all []vector
	add := func(file, comment, expect, data string, body []byte, change func(*craft, *vector)) {
		secret := sha256.Sum256([]byte("vector key"))
		c := newCraft()
		c.secret = secret[:]
		v := vector{file: file + ".txt", comment: comment, expect: expect, secret: c.secret,
			name: c.name, now: noon, body: body, data: data}
		if change != nil {
			change(&c, &v)
		}
		v.name, v.realm = c.name, c.realm
		v.subkey = c.subkey()
		if v.cookie == "" {
			v.cookie = c.cookie(body)
		}
		all = append(all, v)
	}
	encrypted := func(c *craft, _ *vector) { c.first = 0x12 }
	hours := func(n int) func(*craft, *vector) {
		return func(_ *craft, v *vector) { v.now = noon.Add(time.Duration(n) * time.Hour) }
	}
	h := func(s string) []byte { return unhex(t, s) }
	one := h("61 'k' 01")
	long := strings.Repeat("all work and no play ", 40)
	longText := append(h("79 0348"), long...)
	longPair := append(h("61'k'"), longText...)
	deflatedOne := stream(t, one, "4acc6604040000ffff", 0, "")
	deflatedText := stream(t, longText, "aa64f648ccc95128cf2fca5648cc4b51c8cb5728c849ac5418151c151c15244910100000ffff", 0, "")
	deflatedPair := stream(t, longPair, "4accae64f648ccc95128cf2fca5648cc4b51c8cb5728c849ac5418151c151c15244910100000ffff", 0, "")

	// What opens.
	add("signed", "one value, signed", "opens", `{"k":1}`, body(0, sid, one), nil)
	add("encrypted", "one value, encrypted; the nonce is 24 bytes 07", "opens", `{"k":1}`, body(0, sid, one), encrypted)
	add("realm", "bound to a realm and another name", "opens", `{"k":1}`, body(0, sid, one),
		func(c *craft, _ *vector) { c.realm, c.name = "staging", "sid" })
	add("touched", "touched 300 seconds after it was created", "opens", `{"k":1}`, body(0x10, h("ac02"), sid, one), nil)
	add("expiry-after", "ends 3600 seconds after it was touched; half of that has passed", "opens", `{"k":1}`,
		body(0x04, sid, h("901c"), one), func(_ *craft, v *vector) { v.now = noon.Add(30 * time.Minute) })
	add("expiry-after-touched", "as before, but touched 3000 seconds after it was created, and 5000 have passed", "opens", `{"k":1}`,
		body(0x14, h("b817"), sid, h("901c"), one), func(_ *craft, v *vector) { v.now = noon.Add(5000 * time.Second) })
	add("empty", "no entries", "opens", `{}`, body(0, sid), nil)
	add("not-before-ahead", "created before a not-before instant that now has not reached", "opens", `{"k":1}`, body(0, sid, one),
		func(_ *craft, v *vector) { v.before = noon.Add(time.Hour).Format(time.RFC3339) })
	add("expiry-at", "ends 3600 seconds after it was created", "opens", `{"k":1}`, body(0x08, sid, h("901c"), one), nil)
	add("expiry-browser", "ends when the browser closes", "opens", `{"k":1}`, body(0x0c, sid, one), nil)
	add("not-before", "created at the ring's not-before instant", "opens", `{"k":1}`, body(0, sid, one),
		func(_ *craft, v *vector) { v.before = noon.Format(time.RFC3339) })
	add("values", "every major type, as it stands", "opens",
		`{"a":[1,-1,"x","AQI=",{"y":null}],"b":false,"f":1.5,"i":9223372036854775807,"n":18446744073709551615,"t":"2030-01-02T03:04:05.5Z"}`,
		body(0, sid, h("61'a' 85 01 20 61'x' 42 0102 a1 61'y' f6  61'b' f4  61'f' f9 3e00  61'i' 1b 7fffffffffffffff"+
			" 61'n' 1b ffffffffffffffff  61't' c0 76 '2030-01-02T03:04:05.5Z'")), nil)
	add("packed-texts", "a UUID, hex, base64url, base64 and a JWT", "opens",
		`{"a":"d41cf23e-c2ae-4d7a-ae01-716d0009cb73","b":"0123456789abcdef","c":"aZ3_bY4-cX5_dW6A","d":"aZ3/bY4+cX5/dW6AbQ==","e":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.AAEC"}`,
		body(0, sid, h("61'a' d825 50 d41cf23ec2ae4d7aae01716d0009cb73  61'b' d86c 48 0123456789abcdef"+
			" 61'c' d5 4c 699dff6d8e3e717e7f756e80  61'd' d6 4d 699dff6d8e3e717e7f756e806d"+
			" 61'e' d8e1 83 4f '{\"alg\":\"HS256\"}' 4b '{\"sub\":\"1\"}' 43 000102")), nil)
	add("packed-numbers", "a whole instant and decimal fractions", "opens",
		`{"at":"2030-06-01T12:00:00Z","price":[34.9,-0.05]}`,
		body(0, sid, h("62'at' c1 1a 71a393c0  0a 82 c4 82 20 19 015d c4 82 21 24")), nil)
	add("packed-names", "keys of the table of names, at the top and inside", "opens",
		`{"items":[{"qty":2,"sku":"KX-58458-BL"}],"user_id":7}`,
		body(0, sid, h("06 81 a2 09 02 07 6b 'KX-58458-BL'  00 07")), nil)
	add("escaped-tag", "a tag of the user's own: tag 1 around 5", "opens",
		`{"t":"1970-01-01T00:00:05Z"}`, body(0, sid, h("61't' d8e0 c1 05")), nil)
	add("escaped-key", "an integer key of the user's own, and a negative one, which needs no escape", "opens",
		`{"k":{"-1":"b","1":"a"}}`, body(0, sid, h("61'k' a2 d8e0 01 61'a' 20 61'b'")), nil)
	add("packed-keys", "session keys that are a UUID and hex", "opens",
		`{"0123456789abcdef":1,"d41cf23e-c2ae-4d7a-ae01-716d0009cb73":2}`,
		body(0, sid, h("d86c 48 0123456789abcdef 01  d825 50 d41cf23ec2ae4d7aae01716d0009cb73 02")), nil)
	add("numbers", "bignums and floats of 16, 32 and 64 bits", "opens",
		`{"a":18446744073709551616,"b":-18446744073709551617,"c":[1.5,100000,1.1,0.3333333333333333]}`,
		body(0, sid, h("61'a' c2 49 010000000000000000  61'b' c3 49 010000000000000000"+
			" 61'c' 84 f9 3e00 fa 47c35000 fb 3ff199999999999a fb 3fd5555555555555")), nil)
	add("bounds", "the bounds of decimal fractions and instants", "opens",
		`{"a":[9.007199254740992e-7,9007199254740992],"t":["0000-01-01T00:00:00Z","9999-12-31T23:59:59Z","1969-12-31T23:59:59Z"]}`,
		body(0, sid, h("61'a' 82 c4 82 35 1b 0020000000000000 c4 82 00 1b 0020000000000000"+
			" 61't' 83 c1 3b 0000000e79747bff c1 1b 0000003afff4417f c1 20")), nil)
	add("deep", "32 levels, and a tag inside of them", "opens", `{"k":`+strings.Repeat("[", 32)+`"1970-01-01T00:00:05Z"`+strings.Repeat("]", 32)+`}`,
		body(0, sid, h("61'k'"), bytes.Repeat([]byte{0x81}, 32), h("c1 05")), nil)
	add("long-heads", "heads that are longer than need be", "opens", `{"user_id":[7,"0f"]}`,
		body(0, sid, h("1800 9a 00000002 1b 0000000000000007 da 0000006c 58 01 0f")), nil)
	add("shared", "the entries as one DEFLATE stream", "opens", `{"k":"`+long+`"}`, body(1, sid, deflatedPair), nil)
	add("shared-encrypted", "the entries as one DEFLATE stream, encrypted: no writer of ours does that, every reader takes it", "opens",
		`{"k":"`+long+`"}`, body(1, sid, deflatedPair), encrypted)
	add("shared-blocks", "a DEFLATE stream of four blocks: stored, with fixed codes, stored and empty, with codes of its own", "opens",
		`{"k":"`+long+`"}`, body(1, sid, stream(t, longPair, "002800d7ff"+
			"616b790348616c6c20776f726b20616e64206e6f20706c617920616c6c20776f726b20616e64206e"+
			"ca5728c849ac5448ccc95128cf2fca5648cc4b51c8cb1f598200000000ffff"+
			"05c1c10900400803c156b6b5c0fd0c2a7ec4ee6fc6666b02e5238bb60ed96c4da07c64d1d6219bad09948f2cda3a64b33581f291455b876cb626503eb268eb90cdd604ca47166d1db2d99a40f9c8a2ad43365b13281f59b475c8666b02e5238bb60ed96c4da07c64d1d6219bad09948f2cda3a64b33581f291455b876cb626503eb268eb90cdd604ca47166d1db2d99a40f9c8a2ad43365b13281f59b475c8666b02e5238bb60ed96c4da07c64d1d6219bad09948f2cda3a64b33581f291455b876cb626503eb268eb90cdd604ca47166d1db2d99a40f9c8a2ad43365b13281f59b475c8666b02e5238bb60ed96c4da07c64d1d6f101", 0, "")), nil)
	add("isolated", "one value deflated by itself, another not", "opens", `{"k":"`+long+`","l":1}`,
		body(2, sid, h("61'k' d8e2"), cborBytes(deflatedText), h("61'l' 01")), encrypted)
	add("isolated-signed", "as before, signed", "opens", `{"k":"`+long+`","l":1}`,
		body(2, sid, h("61'k' d8e2"), cborBytes(deflatedText), h("61'l' 01")), nil)
	add("isolated-none", "isolated, but no value is deflated", "opens", `{"k":1}`, body(2, sid, one), nil)
	add("foreign-deflated", "a value of another serializer, deflated by itself", "opens",
		`{"k":{"a":"`+strings.Repeat("no play ", 12)+`no"}}`, body(2, sid, h("61'k' d8e2"), cborBytes(stream(t,
			slices.Concat(h("d8e3 58 6e"), foreignID(), []byte(`{"a":"`+strings.Repeat("no play ", 12)+`no"}`)),
			"baf13822cf2c689970b552a29295525ebe42414e62a502ed68a55a40000000ffff", 0, ""))), nil)
	add("packed-empty", "texts that are empty, and eight segments that are", "opens",
		`{"a":["","","","","......."]}`, body(0, sid, h("61'a' 85 d540 d640 d86c40 d8e18140 d8e1884040404040404040")), nil)
	add("escaped-tags", "every tag that packing uses, as one of the user's own", "opens",
		`{"a":["x","x","x","x","x","x","x","x","x"]}`, body(0, sid, h("61'a' 89 d8e0c461'x' d8e0d561'x' d8e0d661'x' d8e0d82561'x'"+
			" d8e0d86c61'x' d8e0d8e061'x' d8e0d8e161'x' d8e0d8e261'x' d8e0d8e361'x'")), nil)
	add("instants", "tag 0 with an offset, and tag 1 with a fraction", "opens",
		`{"t":["2030-01-02T02:04:05Z","1970-01-01T00:00:01.5Z"]}`,
		body(0, sid, h("61't' 82 c0 78 19 '2030-01-02T03:04:05+01:00' d8e0 c1 f9 3e00")), nil)
	add("expiry-beyond", "ends 2^32 - 1 seconds after it was created, which is past 2^32", "opens", `{"k":1}`,
		body(0x08, sid, h("ffffffff0f"), one), nil)
	add("longest", "4096 characters", "opens", `{"k":"`+strings.Repeat("x", 3029)+`"}`,
		body(0, sid, h("61'k' 79 0bd5"), bytes.Repeat([]byte("x"), 3029)), nil)
	limit := func(n int) []byte {
		return slices.Concat(h("79"), []byte{byte(n >> 8), byte(n)}, bytes.Repeat([]byte("a"), n))
	}
	add("limit", "a key of one byte and a value of 65535", "opens", `{"k":"`+strings.Repeat("a", 65532)+`"}`,
		body(2, sid, h("61'k' d8e2"), cborBytes(stream(t, limit(65532), "ecc0010d00000802b0acc6b0bb9b04e1dfbf01", 62, "a05e020000ffff"))), nil)
	add("foreign", "a value of another serializer, gorilla's JSONEncoder", "opens", `{"k":{"a":[1]}}`,
		body(0, sid, h("61'k' d8e3 4d"), foreignID(), h("'{\"a\":[1]}'")), nil)

	// What does not.
	tampered := func(at int, xor byte) func(*craft, *vector) {
		return func(c *craft, v *vector) {
			raw := c.seal(v.body)
			raw[(at+len(raw))%len(raw)] ^= xor
			v.cookie = base64Of(raw)
		}
	}
	text := func(change func(string) string) func(*craft, *vector) {
		return func(c *craft, v *vector) { v.cookie = change(c.cookie(v.body)) }
	}
	good := body(0, sid, one)
	add("refused-tag", "the last bit of the tag flipped", "forged", "", good, tampered(-1, 1))
	add("refused-body", "a bit of the body flipped", "forged", "", good, tampered(10, 0x80))
	add("refused-nonce", "a bit of the nonce flipped", "forged", "", good, func(c *craft, v *vector) { encrypted(c, v); tampered(6, 1)(c, v) })
	add("refused-name", "sealed for another cookie name", "forged", "", good, func(c *craft, v *vector) {
		v.cookie = c.cookie(v.body)
		c.name = "other"
	})
	add("refused-realm", "sealed for another realm", "forged", "", good, func(c *craft, v *vector) {
		v.cookie = c.cookie(v.body)
		c.realm = "production"
	})
	add("refused-relabelled", "signed, with the header of an encrypted one", "forged", "",
		body(0, sid, one, one, one, one, one, one, one, one, one), func(c *craft, v *vector) { tampered(0, 0x03)(c, v) })
	add("refused-key", "a key that is not in the ring", "unreadable", "", good, tampered(1, 1))
	add("refused-version", "version 2", "unreadable", "", good, tampered(0, 0x30))
	add("refused-protection", "protection 3, which is reserved", "unreadable", "", good, tampered(0, 0x02))
	add("refused-protection-4", "protection 4", "unreadable", "", good, tampered(0, 0x05))
	add("refused-compression", "compression 3", "unreadable", "", body(3, sid, one), nil)
	add("refused-first-check", "a reserved flag, and entries that break the format", "unreadable", "", body(0x40, sid, h("ff")), nil)
	add("refused-revoked-forged", "a revoked key, and a tag that does not match", "revoked", "", good,
		func(c *craft, v *vector) { tampered(-1, 1)(c, v); v.revoked = true })
	add("refused-expired-broken", "over, and entries that break the format", "expired", "", body(0, sid, h("ff")), hours(14*24))
	add("refused-long", "4097 characters", "malformed", "", good, text(func(s string) string { return s + strings.Repeat("A", 4097-len(s)) }))
	add("refused-cut", "a body without its ID", "malformed", "", body(0, sid[:11], one), nil)
	add("refused-stream", "a DEFLATE stream that is cut off", "malformed", "", body(1, sid, deflatedOne[:2]), nil)
	add("refused-uvarint", "a number beyond 32 bits", "malformed", "", body(0x08, sid, h("8080808010"), one), nil)
	add("refused-escape", "an escaped integer as a key of the session", "malformed", "", body(0, sid, h("d8e0 01 01")), nil)
	add("refused-deflated", "a deflated value in entries that are stored", "malformed", "", body(0, sid, h("61'k' d8e2 41 00")), nil)

	// What a reader may find only when the value is asked for.
	for _, b := range []struct{ name, comment, value string }{
		{"utf8", "text that is not UTF-8", "61 ff"},
		{"duplicate", "a map with a key twice once it is unpacked", "a2 00 01 67'user_id' 02"},
		{"levels", "33 levels", strings.Repeat("81", 33) + "01"},
		{"tags", "32 levels, and a tag in a tag", strings.Repeat("81", 32) + "d864 d864 01"},
		{"uuid", "a UUID of 15 bytes", "d825 4f d41cf23ec2ae4d7aae01716d0009cb"},
		{"index", "an index beyond the table of names", "a1 18ff 01"},
		{"segments", "nine segments", "d8e1 89 404040404040404040"},
		{"exponent", "a decimal fraction with exponent 1", "c4 82 01 01"},
		{"mantissa", "a decimal fraction with a mantissa of 2^53 + 1", "c4 82 20 1b 0020000000000001"},
		{"year", "an instant in the year 10000", "c1 1b 0000003afff44180"},
		{"escape", "an escape around what needs none", "d8e0 01"},
		{"instant", "tag 0 around what is no instant", "c0 69'yesterday'"},
		{"epoch", "tag 1 around text", "d8e0 c1 61'x'"},
		{"bignum", "tag 2 around text", "c2 61'x'"},
		{"nested", "tag 227 inside of a value", "81 d8e3 44 00000000"},
		{"foreign", "a foreign value of three bytes", "d8e3 43 000000"},
		{"hex", "tag 108 around text", "d86c 61'x'"},
		{"base64url", "tag 21 around an integer", "d5 01"},
		{"base64", "tag 22 around text", "d6 61'x'"},
		{"no-segments", "no segment", "d8e1 80"},
		{"decimal", "a decimal fraction of three numbers", "c4 83 20 01 01"},
		{"decimal-float", "a decimal fraction whose mantissa is a float", "c4 82 20 f9 3e00"},
		{"exponent-low", "a decimal fraction with exponent -23", "c4 82 36 01"},
		{"year-low", "an instant a second before the year 0000", "c1 3b 0000000e79747c00"},
		{"instant-lower", "an instant with a small t", "c0 74'2030-01-02t03:04:05Z'"},
		{"instant-leap", "an instant with a leap second", "c0 74'2016-12-31T23:59:60Z'"},
		{"instant-day", "an instant on a day that is not", "c0 74'2030-02-30T03:04:05Z'"},
		{"epoch-packed", "an instant that is text where it is packed", "c1 61'x'"},
		{"epoch-nan", "tag 1 around no number", "d8e0 c1 f9 7e00"},
		{"epoch-far", "tag 1 around 2^63", "d8e0 c1 fb 43e0000000000000"},
		{"bignum-negative", "tag 3 around text", "c3 61'x'"},
		{"nested-deflated", "tag 226 inside of a value", "81 d8e2 41 00"},
		{"simple", "a simple value below 32 in two bytes", "f8 10"},
	} {
		add("broken-"+b.name, b.comment, "broken", "", body(0, sid, h("61'k'"), h(b.value)), nil)
	}
	add("broken-stream", "a deflated value that does not inflate", "broken", "", body(2, sid, h("61'k' d8e2 42 ffff")), nil)
	add("broken-items", "a deflated value of two items", "broken", "",
		body(2, sid, h("61'k' d8e2"), cborBytes(stream(t, h("01 01"), "626404040000ffff", 0, ""))), nil)
	add("broken-twice", "a value that is deflated twice", "broken", "",
		body(2, sid, h("61'k' d8e2"), cborBytes(stream(t,
			append(h("d8e2"), cborBytes(stream(t, h("01"), "6204040000ffff", 0, ""))...), "baf12892813d89858581e1ff7f40000000ffff", 0, ""))), nil)
	add("broken-limit", "a key of one byte and a value of 65536", "broken", "",
		body(2, sid, h("61'k' d8e2"), cborBytes(stream(t, limit(65533), "ecc0010d00000802b0acc6303c8322ff3707", 63, "0b0000ffff"))), nil)
	add("broken-limit-names", "a value of 12291 bytes, which has more than 65536 once it is unpacked", "broken", "",
		body(2, sid, h("61'k' d8e2"), cborBytes(stream(t, append(h("99 0c00"), bytes.Repeat(h("a1 187d 00"), 3072)...), "ecc3310100000400300104505610a7a66a38766c32b61a000000000000000000000078ee020000ffff", 0, ""))), nil)
	add("refused-flag", "a reserved flag", "unreadable", "", body(0x20, sid, one), nil)
	add("refused-future", "touched 301 seconds ahead", "unreadable", "", body(0x10, h("ad02"), sid, one), nil)
	add("refused-revoked", "a revoked key", "revoked", "", good, func(_ *craft, v *vector) { v.revoked = true })
	add("refused-not-before", "created a second before the ring's not-before instant", "revoked", "", good,
		func(_ *craft, v *vector) {
			v.before, v.now = noon.Add(time.Second).Format(time.RFC3339), noon.Add(time.Hour)
		})
	add("refused-lifetime", "14 days after it was created", "expired", "", good, hours(14*24))
	add("refused-after", "its own time since it was touched has passed", "expired", "", body(0x04, sid, h("901c"), one), hours(1))
	add("refused-at", "its own end has passed", "expired", "", body(0x08, sid, h("901c"), one), hours(1))
	add("refused-padding", "base64url with padding", "malformed", "", good, text(func(s string) string { return s + "=" }))
	add("refused-newline", "a newline within the text", "malformed", "", good, text(func(s string) string { return s[:8] + "\n" + s[8:] }))
	add("refused-bits", "bits that stand for nothing after the last byte", "malformed", "", body(0, sid, one, h("61'l' 01")),
		text(func(s string) string { return s[:len(s)-1] + string(s[len(s)-1]+1) }))
	add("refused-alphabet", "the other base64 alphabet", "malformed", "", good, text(func(s string) string { return s[:8] + "+" + s[9:] }))
	add("refused-short", "shorter than any cookie", "malformed", "", good, text(func(s string) string { return s[:48] }))
	add("refused-empty", "nothing", "malformed", "", body(0, sid[:11]), nil)
	add("refused-touched", "touched stands there and is created", "malformed", "", body(0x10, []byte{0}, sid, one), nil)
	add("refused-number", "a number in a longer spelling", "malformed", "", body(0x04, sid, h("8100"), one), nil)
	add("refused-order", "keys out of order", "malformed", "", body(0, sid, h("61'l' 01 61'k' 01")), nil)
	add("refused-twice", "a key twice, once by its index", "malformed", "", body(0, sid, h("00 01 67'user_id' 01")), nil)
	add("refused-keytype", "a key that is no text", "malformed", "", body(0, sid, h("20 01")), nil)
	add("refused-index", "an index beyond the table of names", "malformed", "", body(0, sid, h("18ff 01")), nil)
	add("refused-value", "a value of indefinite length", "malformed", "", body(0, sid, h("61'k' 9f 01 ff")), nil)
	add("refused-length", "a length beyond the end", "malformed", "", body(0, sid, h("61'k' 5a ffffffff 00")), nil)
	add("refused-block", "bytes after the DEFLATE block", "malformed", "", body(1, sid, deflatedOne, h("00")), nil)
	add("refused-overflow", "touched 2^32 seconds after 1970", "malformed", "", body(0x10, h("c0d8f1f208"), sid, one), nil)
	add("refused-expiry-zero", "ends the second that it was touched", "expired", "", body(0x04, sid, h("00"), one), nil)
	add("refused-flag-high", "another reserved flag", "unreadable", "", body(0x80, sid, one), nil)
	add("refused-cut-number", "a body that ends where its expiry should begin", "malformed", "", body(0x04, sid), nil)
	add("refused-short-encrypted", "61 bytes, with the header of an encrypted cookie", "malformed", "", body(0, sid[:11]), encrypted)
	add("refused-deflated-shared", "a deflated value in entries that are one stream", "malformed", "",
		body(1, sid, stream(t, h("61'k' d8e2 43 630400"), "4accbef1c839998501100000ffff", 0, "")), nil)
	add("refused-key-tag", "a key that is a packed number", "malformed", "", body(0, sid, h("c4 82 20 01 01")), nil)
	add("refused-key-utf8", "a key that is not UTF-8", "malformed", "", body(0, sid, h("61 ff 01")), nil)
	add("refused-reserved", "a value whose head is reserved", "malformed", "", body(0, sid, h("61'k' 1c")), nil)
	add("refused-bomb", "a block that inflates beyond 65536 bytes", "malformed", "",
		body(1, sid, stream(t, append(h("61'k' 5a 00100000"), bytes.Repeat([]byte{0}, 1<<20)...), "ecc0210100000803b047201f0e4d7f4f08ec36dba9", 1016, "bc5d000000ffff")), nil)
	return all
}
