package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/keys"
)

// start runs the program as main does and returns its address. env is what
// the environment says; everything else of ours is unset.
func start(t *testing.T, env map[string]string) string {
	t.Helper()
	for _, name := range []string{"SESSION_KEYS", "SESSION_KEYS_FILE", "SESSION_KEYS_RELOAD", "SESSION_PROTECTION", "SESSION_LIFETIME",
		"SESSION_COOKIE_NAME", "SESSION_REALM", "SESSION_INSECURE"} {
		t.Setenv(name, "") // so that it is restored
		require.NoError(t, os.Unsetenv(name))
	}
	t.Setenv("ADDR", "127.0.0.1:0")
	for name, value := range env {
		t.Setenv(name, value)
	}
	ctx, stop := context.WithCancel(context.Background())
	out, console := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, console)
		console.CloseWithError(err)
		ended <- err
	}()
	t.Cleanup(func() {
		stop()
		assert.NoError(t, <-ended)
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if addr, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			go io.Copy(io.Discard, out)
			return addr
		}
	}
	require.NoError(t, lines.Err())
	t.Fatal("the program ended")
	return ""
}

// A browser is curl with a cookie jar.
type browser struct{ jar string }

func newBrowser(t *testing.T) browser {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("curl is missing; install it")
		}
		t.Skip("SKIPPED: curl is missing; install it to run this test")
	}
	return browser{filepath.Join(t.TempDir(), "jar")}
}

func (b browser) do(t *testing.T, args ...string) (status int, header, body string) {
	t.Helper()
	out, err := exec.Command("curl", append([]string{"-sS", "-i", "--max-time", "60", "-b", b.jar, "-c", b.jar}, args...)...).Output()
	require.NoError(t, err)
	header, body, ok := strings.Cut(string(out), "\r\n\r\n")
	require.True(t, ok)
	_, err = fmt.Sscanf(header, "HTTP/1.1 %d", &status)
	require.NoError(t, err)
	return status, header, body
}

// session is the JSON state, its numbers as their text.
func (b browser) session(t *testing.T, addr string) map[string]any {
	t.Helper()
	status, _, body := b.do(t, addr+"/api/session")
	require.Equal(t, 200, status)
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	var st map[string]any
	require.NoError(t, d.Decode(&st))
	return st
}

func (b browser) put(t *testing.T, addr, key, value string) {
	t.Helper()
	status, _, body := b.do(t, "-X", "PUT", "-d", value, addr+"/api/session/"+key)
	require.Equal(t, 204, status, body)
}

// cookie is what the jar holds, as a Cookie header.
func (b browser) cookie(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(b.jar)
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 7 && !strings.HasPrefix(line, "# ") {
			return f[5] + "=" + f[6]
		}
	}
	return ""
}

func TestWhatIsPutComesBack(t *testing.T) {
	for _, protection := range []string{"signed", "encrypted"} {
		addr := start(t, map[string]string{"SESSION_PROTECTION": protection, "SESSION_KEYS": oneKey()})
		b := newBrowser(t)
		values := map[string]string{
			"text":    `"plain"`,
			"large":   `9007199254740993`,
			"larger":  `123456789012345678901234567890`,
			"minus":   `-9007199254740993`,
			"part":    `0.1`,
			"nested":  `{"a":[1,{"b":[]}],"c":{}}`,
			"unicode": `"żółw 🐢"`,
			"empty":   `""`,
			"null":    `null`,
			"true":    `true`,
			"instant": `"2030-01-02T03:04:05Z"`,
		}
		for key, value := range values {
			b.put(t, addr, key, value)
		}
		st := b.session(t, addr)
		data := st["data"].(map[string]any)
		assert.Len(t, data, len(values))
		for key, value := range values {
			got, err := json.Marshal(data[key])
			require.NoError(t, err)
			assert.Equal(t, value, string(got), key)
		}
		assert.Len(t, st["id"], 16)
		assert.Len(t, st["key"], 8)
		assert.Equal(t, false, st["modified"])
		size := st["size"].(map[string]any)
		name, value, _ := strings.Cut(b.cookie(t), "=")
		total, err := size["total"].(json.Number).Int64()
		require.NoError(t, err)
		assert.InDelta(t, len(name)+len(value), total, 3, "written now, it would tell when it was touched")
		assert.Equal(t, "4093", size["limit"].(json.Number).String())
		assert.Len(t, size["values"], len(values))
	}
}

// oneKey is a ring for SESSION_KEYS.
func oneKey() string {
	return keys.Generate().Reveal()
}

func TestRoutes(t *testing.T) {
	addr := start(t, map[string]string{"SESSION_KEYS": oneKey()})
	b := newBrowser(t)
	st := b.session(t, addr)
	assert.Empty(t, st["id"])
	assert.Empty(t, st["key"])
	assert.Empty(t, st["data"])

	b.put(t, addr, "n", "1")
	first := b.session(t, addr)
	status, _, _ := b.do(t, "-X", "POST", addr+"/api/session/renew")
	assert.Equal(t, 204, status)
	renewed := b.session(t, addr)
	assert.NotEqual(t, first["id"], renewed["id"])
	assert.Equal(t, first["data"], renewed["data"])

	for _, malformed := range []string{"", "{", `{"a":1} 2`, "nope", `"a" "b"`} {
		status, _, body := b.do(t, "-X", "PUT", "-d", malformed, addr+"/api/session/n")
		assert.Equal(t, 400, status, malformed)
		assert.Contains(t, body, `{"error":`)
	}
	assert.Equal(t, renewed["data"], b.session(t, addr)["data"])

	status, _, body := b.do(t, "-X", "PUT", "-d", strings.Repeat("[", 100)+strings.Repeat("]", 100), addr+"/api/session/deep")
	assert.Equal(t, 500, status)
	assert.Contains(t, body, "deeper than 32 levels")

	status, _, _ = b.do(t, "-X", "DELETE", addr+"/api/session/absent")
	assert.Equal(t, 204, status)
	b.put(t, addr, "a%2Fb%20c", `"x"`)
	assert.Contains(t, b.session(t, addr)["data"], "a/b c")
	status, _, _ = b.do(t, "-X", "DELETE", addr+"/api/session/n")
	assert.Equal(t, 204, status)
	assert.NotContains(t, b.session(t, addr)["data"], "n")
	status, header, _ := b.do(t, "-X", "POST", addr+"/api/session/flush")
	assert.Equal(t, 204, status)
	assert.Contains(t, header, "Max-Age=0")
	assert.Empty(t, b.cookie(t), "the jar dropped it")

	status, _, _ = b.do(t, "-X", "POST", "-H", "Sec-Fetch-Site: cross-site", addr+"/api/session/renew")
	assert.Equal(t, 403, status, "from another origin")
}

func TestCacheHeaders(t *testing.T) {
	addr := start(t, map[string]string{"SESSION_KEYS": oneKey()})
	b := newBrowser(t)
	b.put(t, addr, "n", "1")
	_, header, _ := b.do(t, addr+"/style.css")
	assert.NotContains(t, header, "Set-Cookie")
	assert.NotContains(t, header, "Vary")
	assert.Contains(t, header, "Cache-Control: public")
	_, header, _ = b.do(t, addr+"/api/session")
	assert.NotContains(t, header, "Set-Cookie")
	assert.Contains(t, header, "Vary: Cookie")
}

func TestEveryAlteredCookieIsANewSession(t *testing.T) {
	for _, protection := range []string{"signed", "encrypted"} {
		addr := start(t, map[string]string{"SESSION_PROTECTION": protection, "SESSION_KEYS": oneKey()})
		b := newBrowser(t)
		b.put(t, addr, "user_id", `"d41cf23e-c2ae-4d7a-ae01-716d0009cb73"`)
		good := b.cookie(t)
		ask := func(cookie string) string {
			r, err := http.NewRequestWithContext(t.Context(), "GET", addr+"/api/session", nil)
			require.NoError(t, err)
			r.Header.Set("Cookie", cookie)
			resp, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			defer resp.Body.Close()
			require.Equal(t, 200, resp.StatusCode, cookie)
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			return string(body)
		}
		require.Contains(t, ask(good), "d41cf23e")
		name, value, _ := strings.Cut(good, "=")
		for i := range value {
			other := byte('A')
			if value[i] == other {
				other = 'B'
			}
			require.Contains(t, ask(name+"="+value[:i]+string(other)+value[i+1:]), `"data":{}`)
		}
	}
}

func TestTooLargeLeavesTheOldSession(t *testing.T) {
	addr := start(t, map[string]string{"SESSION_KEYS": oneKey()})
	b := newBrowser(t)
	b.put(t, addr, "n", "1")
	random := make([]byte, 6750)
	rand.Read(random)
	value := filepath.Join(t.TempDir(), "value")
	require.NoError(t, os.WriteFile(value, []byte(`"`+base64.StdEncoding.EncodeToString(random)+`"`), 0o600))
	status, header, body := b.do(t, "-X", "PUT", "-d", "@"+value, addr+"/api/session/big")
	assert.Equal(t, 500, status)
	assert.NotContains(t, header, "Set-Cookie")
	assert.Contains(t, header, "Cache-Control: no-store")
	var answer struct{ Error string }
	require.NoError(t, json.Unmarshal([]byte(body), &answer))
	assert.Regexp(t, `9\d\d\d bytes of 4093; largest: "big" 9\d\d\d, "n" \d`, answer.Error)
	assert.Equal(t, map[string]any{"n": json.Number("1")}, b.session(t, addr)["data"])

	status, header, body = b.do(t, "--data-urlencode", "value@"+value, "-d", "key=big", addr+"/set")
	assert.Equal(t, 500, status)
	assert.NotContains(t, header, "Location")
	assert.Contains(t, body, "Your browser keeps the one it had.")
	status, _, _ = b.do(t, "-X", "PUT", "-d", "\""+strings.Repeat("x", 1<<10)+"\"", addr+"/api/session/ok")
	assert.Equal(t, 204, status)
}

func TestACookieIsForItsNameAndRealm(t *testing.T) {
	ring := oneKey()
	addr := start(t, map[string]string{"SESSION_KEYS": ring, "SESSION_COOKIE_NAME": "one", "SESSION_REALM": "staging"})
	b := newBrowser(t)
	b.put(t, addr, "n", "1")
	_, value, _ := strings.Cut(b.cookie(t), "=")
	for _, tc := range []struct {
		name, realm string
		opens       bool
	}{{"one", "staging", true}, {"two", "staging", false}, {"one", "production", false}, {"one", "", false}} {
		other := start(t, map[string]string{"SESSION_KEYS": ring, "SESSION_COOKIE_NAME": tc.name, "SESSION_REALM": tc.realm})
		_, _, body := newBrowser(t).do(t, "-H", "Cookie: "+tc.name+"="+value, other+"/api/session")
		assert.Equal(t, tc.opens, strings.Contains(body, `"n":1`), "%+v", tc)
	}
}

// Two instances share a ring and serve one browser in turn; then one of them
// begins to encrypt.
func TestTwoInstances(t *testing.T) {
	ring := oneKey()
	a := start(t, map[string]string{"SESSION_KEYS": ring})
	b := start(t, map[string]string{"SESSION_KEYS": ring})
	c := start(t, map[string]string{"SESSION_KEYS": ring, "SESSION_PROTECTION": "encrypted"})
	jar := newBrowser(t)
	// The cookie jar does not tell ports apart, and neither does a browser.
	for i := range 6 {
		addr := []string{a, b}[i%2]
		jar.put(t, addr, fmt.Sprintf("n%d", i), fmt.Sprint(i))
	}
	id := jar.session(t, b)["id"]
	assert.Len(t, jar.session(t, a)["data"], 6)

	assert.Equal(t, id, jar.session(t, c)["id"], "nobody is signed out")
	jar.put(t, c, "secret", `"correct horse battery staple"`)
	readable := func() bool {
		_, value, _ := strings.Cut(jar.cookie(t), "=")
		raw, err := base64.RawURLEncoding.DecodeString(value)
		require.NoError(t, err)
		return strings.Contains(string(raw), "horse")
	}
	assert.False(t, readable())
	jar.put(t, a, "n", "7")
	assert.False(t, readable(), "what was encrypted is not written readable by an instance that signs")
	st := jar.session(t, b)
	assert.Equal(t, id, st["id"])
	assert.Len(t, st["data"], 8)
}

func TestPage(t *testing.T) {
	addr := start(t, map[string]string{"SESSION_KEYS": oneKey()})
	b := newBrowser(t)
	status, header, body := b.do(t, addr+"/")
	assert.Equal(t, 200, status)
	assert.Contains(t, header, "Content-Security-Policy: default-src 'none'")
	assert.Contains(t, body, "The session is empty")
	status, _, _ = b.do(t, "-d", "key=a<b&value=<script>", addr+"/set")
	assert.Equal(t, 303, status)
	status, _, _ = b.do(t, "-d", "key=list&value=[1,2]", addr+"/set")
	assert.Equal(t, 303, status)
	_, _, body = b.do(t, addr+"/")
	assert.Contains(t, body, `<li data-key="a&lt;b">`)
	assert.NotContains(t, body, "<script>")
	assert.Contains(t, body, "[1,2]")
	status, _, _ = b.do(t, "--data-urlencode", "key=a<b", addr+"/delete")
	assert.Equal(t, 303, status)
	_, _, body = b.do(t, addr+"/")
	assert.Contains(t, body, `role="status"`)
	assert.Contains(t, body, "Deleted “a&lt;b”.")
	assert.Equal(t, map[string]any{"list": []any{json.Number("1"), json.Number("2")}}, b.session(t, addr)["data"])
	status, _, _ = b.do(t, "-X", "POST", addr+"/renew")
	assert.Equal(t, 303, status)
	status, _, _ = b.do(t, "-X", "POST", addr+"/flush")
	assert.Equal(t, 303, status)
	assert.Empty(t, b.cookie(t))
	status, _, _ = b.do(t, "-d", "value=x", addr+"/set")
	assert.Equal(t, 400, status)
}

func TestConfiguration(t *testing.T) {
	t.Run("makes a key file, once", func(t *testing.T) {
		t.Chdir(t.TempDir())
		addr := start(t, nil)
		b := newBrowser(t)
		b.put(t, addr, "n", "1")
		key := b.session(t, addr)["key"]
		info, err := os.Stat("session.keys")
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode())
		again := start(t, nil)
		assert.Equal(t, key, b.session(t, again)["key"])
		assert.Equal(t, key, b.session(t, start(t, map[string]string{"SESSION_KEYS_FILE": "session.keys"}))["key"])
	})
	t.Run("insecure", func(t *testing.T) {
		addr := start(t, map[string]string{"SESSION_KEYS": oneKey(), "SESSION_INSECURE": "1", "SESSION_LIFETIME": "2h"})
		_, header, _ := newBrowser(t).do(t, "-X", "PUT", "-d", "1", addr+"/api/session/n")
		assert.Contains(t, header, "Set-Cookie: session=")
		assert.Contains(t, header, "Max-Age=7200")
		assert.NotContains(t, header, "Secure")
	})
	for _, tc := range []struct {
		name string
		env  map[string]string
		says string
	}{
		{"empty keys", map[string]string{"SESSION_KEYS": ""}, "SESSION_KEYS"},
		{"no file", map[string]string{"SESSION_KEYS_FILE": "absent.keys"}, "absent.keys"},
		{"both", map[string]string{"SESSION_KEYS": oneKey(), "SESSION_KEYS_FILE": "x"}, "unset one"},
		{"protection", map[string]string{"SESSION_KEYS": oneKey(), "SESSION_PROTECTION": "none"}, "signed or encrypted"},
		{"reload", map[string]string{"SESSION_KEYS": oneKey(), "SESSION_KEYS_RELOAD": "0s"}, "SESSION_KEYS_RELOAD"},
		{"lifetime", map[string]string{"SESSION_KEYS": oneKey(), "SESSION_LIFETIME": "1 day"}, "SESSION_LIFETIME"},
		{"name", map[string]string{"SESSION_KEYS": oneKey(), "SESSION_COOKIE_NAME": "a b"}, "Options.Name"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for name, value := range tc.env {
				t.Setenv(name, value)
			}
			_, err := newSessions(t.Context(), io.Discard)
			assert.ErrorContains(t, err, tc.says)
		})
	}
}

// The key file is edited while the shop serves.
func TestTheShopFollowsItsKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "session.keys")
	write := func(entries ...keys.Entry) {
		ring, err := keys.NewRing(time.Time{}, entries...)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path+".new", []byte(ring.Reveal()), 0o600))
		require.NoError(t, os.Rename(path+".new", path))
	}
	old, next := keys.Generate(), keys.Generate()
	write(keys.Entry{Key: old})
	addr := start(t, map[string]string{"SESSION_KEYS_FILE": path, "SESSION_KEYS_RELOAD": "10ms"})
	b := newBrowser(t)
	b.put(t, addr, "n", "1")
	first := b.session(t, addr)
	assert.Equal(t, old.ID().String(), first["key"])

	write(keys.Entry{Key: old}, keys.Entry{Key: next, From: time.Now().Add(-time.Second).Truncate(time.Second)})
	require.Eventually(t, func() bool {
		b.put(t, addr, "n", "2")
		return b.session(t, addr)["key"] == next.ID().String()
	}, time.Minute, 10*time.Millisecond)
	assert.Equal(t, first["id"], b.session(t, addr)["id"])

	write(keys.Entry{Key: next, Revoked: true}, keys.Entry{Key: keys.Generate()})
	require.Eventually(t, func() bool { return b.session(t, addr)["id"] == "" }, time.Minute, 10*time.Millisecond)
}
