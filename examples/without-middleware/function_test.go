package main

import (
	"bytes"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/keys/keystest"
	"github.com/cookiesession/go/middleware"
	"github.com/cookiesession/go/middleware/sessiontest"
)

// start is a new instance of the function, behind a platform that speaks
// HTTP. keyRing is its SESSION_KEYS.
func start(t *testing.T, keyRing string) (url string, console *bytes.Buffer) {
	t.Helper()
	t.Setenv("SESSION_KEYS", keyRing)
	t.Setenv("SESSION_KEYS_FILE", "")
	function = new(instance)
	console = new(bytes.Buffer)
	log.SetOutput(console)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	server := httptest.NewServer(http.HandlerFunc(Handler))
	t.Cleanup(server.Close)
	return server.URL, console
}

// A browser is a client of the function and its cookies.
type browser struct {
	http.Client
	cookies *sessiontest.Client
}

func newBrowser(t *testing.T, sessions *middleware.Sessions) *browser {
	t.Helper()
	cookies := sessiontest.NewClient(t, sessions, nil)
	return &browser{http.Client{Jar: cookies, Timeout: time.Minute}, cookies}
}

func (b *browser) get(t *testing.T, url string) (int, string) {
	t.Helper()
	return read(t)(b.Get(url))
}

func (b *browser) post(t *testing.T, to, note string) (int, string) {
	t.Helper()
	return read(t)(b.PostForm(to, url.Values{"note": {note}}))
}

func read(t *testing.T) func(*http.Response, error) (int, string) {
	return func(resp *http.Response, err error) (int, string) {
		t.Helper()
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(body)
	}
}

func TestTheFunctionRemembers(t *testing.T) {
	keyRing := keys.Generate().Reveal()
	url, console := start(t, keyRing)
	sessions, err := function.open()
	require.NoError(t, err)
	b := newBrowser(t, sessions)
	_, body := b.get(t, url)
	assert.Equal(t, "visit 1, note \"\"\n", body)
	_, body = b.post(t, url, "milk")
	assert.Equal(t, "visit 2, note \"milk\"\n", body)

	// Another instance with the same keys goes on.
	url, _ = start(t, keyRing)
	_, body = b.get(t, url)
	assert.Equal(t, "visit 3, note \"milk\"\n", body)
	assert.Empty(t, console.String())
}

func TestANoteThatDoesNotFit(t *testing.T) {
	url, console := start(t, keys.Generate().Reveal())
	sessions, err := function.open()
	require.NoError(t, err)
	b := newBrowser(t, sessions)
	b.post(t, url, "milk")

	var long strings.Builder
	for long.Len() < 5000 {
		long.WriteString(keys.Generate().Reveal())
	}
	status, body := b.post(t, url, long.String())
	assert.Equal(t, 413, status)
	assert.Equal(t, "The note is too long to be remembered.\n", body)
	assert.Contains(t, console.String(), `"note"`)
	assert.NotContains(t, console.String(), long.String()[:20])

	status, body = b.get(t, url)
	assert.Equal(t, 200, status)
	assert.Equal(t, "visit 2, note \"milk\"\n", body, "the client kept the session that it had")
}

// Another error than size: the note is no UTF-8.
func TestANoteThatCannotBeKept(t *testing.T) {
	url, console := start(t, keys.Generate().Reveal())
	sessions, err := function.open()
	require.NoError(t, err)
	b := newBrowser(t, sessions)
	status, body := b.post(t, url, "\xff")
	assert.Equal(t, 500, status)
	assert.Equal(t, "The session could not be saved.\n", body)
	assert.Contains(t, console.String(), `"note"`)
	assert.True(t, b.cookies.Session().IsEmpty())
}

func TestWithoutKeys(t *testing.T) {
	url, console := start(t, "")
	for range 2 {
		status, body := read(t)(http.Get(url))
		assert.Equal(t, 500, status)
		assert.Equal(t, "The sessions are not set up.\n", body)
	}
	assert.Contains(t, console.String(), "SESSION_KEYS")
}

// The secret comes a moment late, and the instance is not lost for it.
func TestTheSecretComesLate(t *testing.T) {
	url, _ := start(t, "")
	path := filepath.Join(t.TempDir(), "session.keys")
	t.Setenv("SESSION_KEYS_FILE", path)
	status, _ := read(t)(http.Get(url))
	assert.Equal(t, 500, status)
	require.NoError(t, os.WriteFile(path, []byte(keys.Generate().Reveal()+"\n"), 0o600))
	status, body := read(t)(http.Get(url))
	assert.Equal(t, 200, status)
	assert.Equal(t, "visit 1, note \"\"\n", body)
}

// An instance is frozen for longer than a rotation takes. Its very first answer after
// that must not be signed with the old key, which the others have removed.
func TestTheFirstRequestAfterAFreeze(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // its clock begins on 2000-01-01 at 00:00
		src := keystest.NewSource(keystest.Ring(t, "old"))
		sessions, err := newSessions(t.Context(), src)
		require.NoError(t, err)
		client := sessiontest.NewClient(t, sessions, nil)
		visit := func() (int, string) {
			w := client.Do(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve(sessions, w, r) }),
				httptest.NewRequest("GET", "/", nil))
			for _, cookie := range w.Result().Cookies() {
				header, err := cookiesession.ParseHeader(cookie.Value)
				require.NoError(t, err)
				return w.Code, header.KeyID.String()
			}
			return w.Code, ""
		}
		signer := func(name string) string { return keystest.Key(name).ID().String() }
		_, key := visit()
		assert.Equal(t, signer("old"), key)

		src.Set(keystest.Ring(t, "old", "new 2000-01-02T00:00:00Z"))
		src.Delay(200 * time.Millisecond)
		time.Sleep(3 * 24 * time.Hour) // frozen
		status, key := visit()
		assert.Equal(t, 200, status)
		assert.Equal(t, signer("new"), key)

		// The secret cannot be had when it thaws: the last good ring serves, for a week.
		src.Set(keystest.Ring(t, "new 2000-01-02T00:00:00Z", "newest 2000-01-06T00:00:00Z"))
		src.Fail(errors.New("the secret manager is down"))
		time.Sleep(6 * 24 * time.Hour)
		status, key = visit()
		assert.Equal(t, 200, status)
		assert.Equal(t, signer("new"), key)
		time.Sleep(2 * 24 * time.Hour)
		status, key = visit()
		assert.Equal(t, 500, status, "a loud failure, and the client keeps the session it has")
		assert.Empty(t, key)
		src.Fail(nil)
		time.Sleep(time.Second)
		status, key = visit()
		assert.Equal(t, 200, status)
		assert.Equal(t, signer("newest"), key)
		assert.Equal(t, 4, client.Session().GetInt("visits"))
	})
}
