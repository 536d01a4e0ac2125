package browsertest_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/keys"
)

// openFleet runs the fleet and returns its address and the path of its key ring.
func openFleet(t *testing.T) (addr, path string) {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "fleet")
	build := exec.Command("go", "build", "-o", program, "./examples/fleet")
	build.Dir = ".."
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	path = filepath.Join(dir, "fleet.keys")
	cmd := exec.Command(program)
	cmd.Env = []string{"ADDR=127.0.0.1:0", "FLEET_KEYS=" + path, "FLEET_RELOAD=100ms"}
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		assert.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		assert.NoError(t, cmd.Wait())
	})
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if addr, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			go io.Copy(io.Discard, stdout)
			return addr, path
		}
	}
	t.Fatal("the fleet ended without an address")
	return "", ""
}

// A person watches a rotation: the page refreshes by itself, the answers come from each
// instance in turn, and at the switch they change their color.
func TestFleetInABrowser(t *testing.T) {
	addr, path := openFleet(t)
	b := start(t, addr)
	b.visit("/")
	assert.Equal(t, []string{"1"}, words(b.heading(), "answered visit"))
	id := b.text("dd code")

	text, err := os.ReadFile(path)
	require.NoError(t, err)
	ring, err := keys.ParseRing(string(text))
	require.NoError(t, err)
	old, err := ring.Signer(time.Now())
	require.NoError(t, err)
	next := keys.Generate()
	at := time.Now().Add(4 * time.Second).Truncate(time.Second)
	ring, err = keys.NewRing(time.Time{}, keys.Entry{Key: old}, keys.Entry{Key: next, From: at})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte(ring.Reveal()), 0o600))

	require.Eventually(t, func() bool {
		came := b.texts("dd .key")
		return len(came) == 2 && came[0] == next.ID().String()
	}, time.Minute, 200*time.Millisecond)
	assert.Equal(t, id, b.text("dd code"), "one session all the while")
	strip := b.texts(".strip li")
	assert.GreaterOrEqual(t, len(strip), 3)
	visits, err := strconv.Atoi(words(b.heading(), "answered visit")[0])
	require.NoError(t, err)
	assert.GreaterOrEqual(t, visits, len(strip)-1)
	colors := map[string]bool{}
	for _, class := range run(b, chromedp.Evaluate[[]string]("[...document.querySelectorAll('.strip li')].map(e => e.className)")) {
		colors[class] = true
	}
	assert.Len(t, colors, 2)
	assert.Contains(t, b.texts("tbody td:nth-child(2)"), "accepting")

	if *screenshots != "" {
		require.NoError(t, os.MkdirAll(*screenshots, 0o755))
		for range 6 {
			b.reload()
		}
		for _, scheme := range []string{"light", "dark"} {
			b.scheme(scheme)
			b.shoot("fleet-desktop-"+scheme, true)
		}
		run(b, chromedp.EmulateViewport(390, 844))
		b.shoot("fleet-phone-dark", true)
	}
}

// words are those of a text after a phrase.
func words(text, phrase string) []string {
	_, rest, _ := strings.Cut(text, phrase)
	return strings.Fields(rest)
}
