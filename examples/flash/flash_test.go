package main

import (
	"bufio"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/middleware"
	"github.com/cookiesession/go/middleware/sessiontest"
)

// start runs the program in a folder of its own. It returns the address, and
// a middleware with the program's keys, so that the test can look into
// sessions.
func start(t *testing.T) (addr string, sessions *middleware.Sessions) {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "flash.exe")
	out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	cmd := exec.Command(program)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "ADDR=127.0.0.1:0")
	console, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	said := make(chan struct{})
	t.Cleanup(func() {
		assert.NoError(t, cmd.Process.Kill(), "it ran to the end of the test")
		<-said // before Wait, which closes the console
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(console)
	first := lines.Scan()
	go func() {
		defer close(said)
		for lines.Scan() {
			t.Error(lines.Text()) // it has nothing else to say
		}
	}()
	require.True(t, first, "the program ended")
	_, addr, ok := strings.Cut(lines.Text(), "listening on ")
	require.True(t, ok, lines.Text())

	ring, err := keys.File(filepath.Join(dir, "session.keys")).Load(t.Context())
	require.NoError(t, err)
	codec, err := cookiesession.NewCodec(ring, cookiesession.Options{})
	require.NoError(t, err)
	sessions, err = middleware.New(codec, sessiontest.Strict(t, middleware.Options{}))
	require.NoError(t, err)
	return addr, sessions
}

func TestFlash(t *testing.T) {
	addr, sessions := start(t)

	t.Run("a message is shown once", func(t *testing.T) {
		browser := sessiontest.NewClient(t, sessions, nil)
		client := &http.Client{Jar: browser, Timeout: time.Minute}
		body := func(resp *http.Response, err error) string {
			t.Helper()
			require.NoError(t, err)
			defer resp.Body.Close()
			assert.Equal(t, 200, resp.StatusCode)
			assert.Equal(t, "/", resp.Request.URL.Path)
			assert.Equal(t, "Cookie", resp.Header.Get("Vary"))
			text, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			return string(text)
		}
		subscribe := func(email string) string {
			t.Helper()
			return body(client.PostForm(addr+"/subscribe", url.Values{"email": {email}}))
		}
		assert.NotContains(t, body(client.Get(addr+"/")), "status")
		assert.Contains(t, subscribe("a@b.example"), `<p class="success" role="status">Thank you. Mail will go to a@b.example.</p>`)
		assert.True(t, browser.Session().IsEmpty(), "nothing is left in the cookie")
		assert.NotContains(t, body(client.Get(addr+"/")), "status")
		assert.Contains(t, subscribe("nobody"), `<p class="error" role="status">That is no email address.</p>`)
		assert.Contains(t, subscribe("<b>@"), "&lt;b&gt;@")
	})

	t.Run("messages wait for a page, in their order", func(t *testing.T) {
		browser := sessiontest.NewClient(t, sessions, nil)
		client := &http.Client{Jar: browser, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}}
		for _, email := range []string{"a@b.example", "nobody"} {
			resp, err := client.PostForm(addr+"/subscribe", url.Values{"email": {email}})
			require.NoError(t, err)
			resp.Body.Close()
			assert.Equal(t, 303, resp.StatusCode)
		}
		flashes := browser.Session().Flashes()
		require.Len(t, flashes, 2)
		assert.Equal(t, "success", flashes[0].Kind)
		assert.Equal(t, "error", flashes[1].Kind)
	})

	t.Run("forms of other sites are refused", func(t *testing.T) {
		browser := sessiontest.NewClient(t, sessions, nil)
		r, err := http.NewRequestWithContext(t.Context(), "POST", addr+"/subscribe", strings.NewReader("email=a@b.example"))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		resp, err := (&http.Client{Jar: browser, Timeout: time.Minute}).Do(r)
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, 403, resp.StatusCode)
		assert.True(t, browser.Session().IsEmpty())
	})
}
