//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package main

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/keys"
)

// TestEditsAtTheSameTime has many edits of one file, none of which is lost.
func TestEditsAtTheSameTime(t *testing.T) {
	path, _ := ringIn(t, "{A}\n{B} 2026-01-01T00:00:00Z\n{C} 2026-02-01T00:00:00Z\n# end 3\n")
	var wait sync.WaitGroup
	edit := func(said *regexp.Regexp, args ...string) <-chan string {
		id := make(chan string, 1)
		wait.Go(func() {
			var out, errOut bytes.Buffer
			status := run(append([]string{"keys"}, args...), &console{in: strings.NewReader(""), out: &out, err: &errOut})
			assert.Zero(t, status, errOut.String())
			id <- said.FindString(out.String())
		})
		return id
	}
	added, revoked := []<-chan string{}, []<-chan string{}
	for i := range 20 {
		added = append(added, edit(regexp.MustCompile(`[0-9a-f]{8}`), "rotate", path, "--in", fmt.Sprintf("%dh", i+1)))
	}
	for _, name := range []string{"A", "B", "C"} {
		revoked = append(revoked, edit(regexp.MustCompile(`[0-9a-f]{8}`), "revoke", path, testKeys[name].ID().String()))
	}
	wait.Wait()

	f, err := (&console{}).open(path)
	require.NoError(t, err)
	states := map[string]keys.State{}
	for _, s := range f.ring.Status(time.Now(), 0) {
		states[s.ID.String()] = s.State
	}
	assert.Len(t, states, 23)
	for _, id := range added {
		assert.Equal(t, keys.Scheduled, states[<-id])
	}
	for _, id := range revoked {
		assert.Equal(t, keys.Revoked, states[<-id])
	}
	holdsOnly(t, path, f.text)
}

func TestEditSaysThatItWaits(t *testing.T) {
	path, _ := ringIn(t, "{A}\n")
	unlock, err := lock(filepath.Dir(path), nil)
	require.NoError(t, err)
	said, say := io.Pipe()
	over := make(chan error, 1)
	go func() {
		_, done, err := (&console{err: say}).edit(path)
		if err == nil {
			done()
		}
		over <- err
	}()
	line := make([]byte, 1000)
	n, err := said.Read(line)
	require.NoError(t, err)
	assert.Contains(t, string(line[:n]), "waiting, as the directory of "+path+" is locked: is it edited elsewhere?")
	unlock()
	require.NoError(t, <-over)
}
