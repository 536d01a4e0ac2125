//go:build unix

package main

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHeldOff(t *testing.T) {
	came := make(chan os.Signal, 2)
	signal.Notify(came, syscall.SIGHUP)
	defer signal.Stop(came)
	ended := false
	require.NoError(t, heldOff(func() error {
		require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
		<-came
		ended = true
		return nil
	}))
	assert.True(t, ended)
	select {
	case <-came: // as it was sent again
	case <-time.After(10 * time.Second):
		assert.Fail(t, "the signal is lost")
	}
}

// TestKilledEdit ends the tool as soon as its temporary file is there.
func TestKilledEdit(t *testing.T) {
	path, _ := ringIn(t, "{A}\n")
	dir := filepath.Dir(path)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		edit := exec.Command("cookiesession", "keys", "rotate", path, "--in", "48h", "--at", "2026-09-01T00:00:00Z")
		require.NoError(t, edit.Start())
		over := make(chan error, 1)
		go func() { over <- edit.Wait() }()
		for ended := false; !ended; {
			entries, err := os.ReadDir(dir)
			require.NoError(t, err)
			if len(entries) > 1 {
				_ = edit.Process.Signal(s) // which may be over
			}
			select {
			case <-over:
				ended = true
			default:
			}
		}
		f, err := (&console{}).open(path)
		require.NoError(t, err)
		assert.Len(t, f.ring.Status(time.Now(), 0), 2)
		holdsOnly(t, path, f.text)
		require.NoError(t, os.WriteFile(path, []byte(filled("{A}\n")), 0o600))
	}
}
