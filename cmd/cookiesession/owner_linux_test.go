package main

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asNobody does something as a user who may not give files away. The thread
// that changed its identity is not used again.
func asNobody(t *testing.T, do func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		do()
		return
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		err := syscall.Setfsuid(65534)
		if err == nil {
			do()
		}
		done <- err
	}()
	require.NoError(t, <-done)
}

// needRoot skips the test where others run it, and says so. In CI it fails.
func needRoot(t *testing.T, why string) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	require.NotEqual(t, "true", os.Getenv("CI"), "%s: run the tests as root", why)
	t.Skip("SKIPPED: " + why + "; run the tests as root")
}

func TestReplaceKeepsTheOwner(t *testing.T) {
	needRoot(t, "only root can give a file away")
	path, _ := ringIn(t, "{A}\n")
	require.NoError(t, os.Chown(path, 1234, 5678))
	f, err := (&console{}).open(path)
	require.NoError(t, err)
	_, err = f.replace(filled("{B}\n"))
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.EqualValues(t, 1234, info.Sys().(*syscall.Stat_t).Uid)
	assert.EqualValues(t, 5678, info.Sys().(*syscall.Stat_t).Gid)
	assert.Equal(t, os.FileMode(0o600), info.Mode())
	holdsOnly(t, path, "{B}\n")
}

func TestReplaceOfAnotherUsersFile(t *testing.T) {
	needRoot(t, "only root can act as two users")
	path, _ := ringIn(t, "{A}\n")
	require.NoError(t, os.Chmod(path, 0o644))
	for dir := filepath.Dir(path); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		require.NoError(t, os.Chmod(dir, 0o777))
	}
	asNobody(t, func() {
		f, err := (&console{}).open(path)
		require.NoError(t, err)
		_, err = f.replace(filled("{B}\n"))
		assert.ErrorContains(t, err, "session.keys is left as it was: it belongs to user 0 and group 0, and the edited file cannot be given to them: operation not permitted")
	})
	holdsOnly(t, path, "{A}\n")
}

// TestUnwritableDirectory is the case of a user who may read the ring only.
func TestUnwritableDirectory(t *testing.T) {
	path, _ := ringIn(t, "{A}\n")
	require.NoError(t, os.Chmod(path, 0o644))
	dir := filepath.Dir(path)
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	require.NoError(t, os.Chmod(dir, 0o555))
	t.Cleanup(func() { os.Chmod(dir, 0o755) })
	asNobody(t, func() {
		f, err := (&console{}).open(path)
		require.NoError(t, err)
		_, err = f.replace(filled("{B}\n"))
		assert.ErrorContains(t, err, "session.keys is left as it was: cannot write into its directory: permission denied")
	})
	holdsOnly(t, path, "{A}\n")
}
