package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/keys"
)

// TestFleet is the one command, and a person at the page.
func TestFleet(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.keys")
	t.Setenv("FLEET_KEYS", path)
	t.Setenv("FLEET_RELOAD", "50ms")
	t.Setenv("ADDR", "127.0.0.1:0")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, console := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := runFleet(ctx, console)
		console.CloseWithError(err)
		ended <- err
	}()
	var said []string
	addr := ""
	for lines := bufio.NewScanner(out); addr == "" && lines.Scan(); {
		said = append(said, lines.Text())
		if rest, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			addr = rest
		}
	}
	require.NotEmpty(t, addr, said)
	go io.Copy(io.Discard, out)
	assert.Equal(t, "made a new key in "+path, said[0])
	assert.Contains(t, said[3], "instance 3: http://127.0.0.1:")
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())

	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	client := &http.Client{Jar: jar, Timeout: time.Minute}
	get := func(path string) string {
		resp, err := client.Get(addr + path)
		require.NoError(t, err)
		defer resp.Body.Close()
		require.Equal(t, 200, resp.StatusCode)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return string(body)
	}
	visit := func() (a answer) {
		require.NoError(t, json.Unmarshal([]byte(get("/api/visit")), &a))
		return a
	}
	served := map[string]bool{}
	first := visit()
	for range 5 {
		a := visit()
		served[a.Instance] = true
		assert.Equal(t, first.ID, a.ID)
	}
	assert.Len(t, served, 3, "each has its turn")

	// A key that signs at once.
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	ring, err := keys.ParseRing(string(text))
	require.NoError(t, err)
	old, err := ring.Signer(time.Now())
	require.NoError(t, err)
	next := keys.Generate()
	ring, err = keys.NewRing(time.Time{}, keys.Entry{Key: old}, keys.Entry{Key: next, From: time.Now().Truncate(time.Second)})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte(ring.Reveal()), 0o600))
	require.Eventually(t, func() bool { return visit().Came == next.ID().String() }, time.Minute, 10*time.Millisecond)
	page := get("/")
	assert.Contains(t, page, "The cookie came under")
	assert.Contains(t, page, old.ID().String())
	assert.Contains(t, page, next.ID().String())
	assert.Contains(t, page, `<td class="signing">signing</td>`)
	assert.NotContains(t, page, "cs1_")
	assert.Contains(t, get("/style.css"), ".c5")

	stop()
	require.NoError(t, <-ended)
	_, err = http.Get(addr)
	assert.Error(t, err)
}

func TestColorsDiffer(t *testing.T) {
	v := view{}
	for range shades {
		v.History = append(v.History, mark{"1", keys.Generate().ID().String()})
	}
	v.History = append(v.History, v.History[0])
	v.colors = colors(v)
	seen := map[string]bool{}
	for _, m := range v.History {
		seen[v.Color(m.Key)] = true
	}
	assert.Len(t, seen, shades)
	assert.Equal(t, "none", v.Color(""))
}

func TestFleetConfiguration(t *testing.T) {
	t.Setenv("FLEET_RELOAD", "soon")
	_, err := newConfig("1")
	assert.ErrorContains(t, err, `FLEET_RELOAD is "soon"`)
	c := config{lifetime: time.Hour, idle: time.Minute}
	assert.Equal(t, time.Minute, c.live())
	c.idle = 0
	assert.Equal(t, time.Hour, c.live())
}
