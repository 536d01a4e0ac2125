package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func ringIn(t *testing.T, text string) (path string, f *ringFile) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "session.keys")
	require.NoError(t, os.WriteFile(path, []byte(filled(text)), 0o600))
	f, err := (&console{}).open(path)
	require.NoError(t, err)
	return path, f
}

// holdsOnly says that a file is as it was, and alone.
func holdsOnly(t *testing.T, path, text string) {
	t.Helper()
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, filled(text), string(got))
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}

func TestReplaceSeesAnotherEdit(t *testing.T) {
	path, f := ringIn(t, "{A}\n")
	require.NoError(t, os.WriteFile(path, []byte(filled("{B}\n")), 0o600))
	_, err := f.replace(filled("{C}\n"))
	assert.ErrorContains(t, err, "session.keys is left as it was: it changed while being edited: run the command again")
	holdsOnly(t, path, "{B}\n")
}

func TestReplaceSeesAMissingFile(t *testing.T) {
	path, f := ringIn(t, "{A}\n")
	require.NoError(t, os.Remove(path))
	_, err := f.replace(filled("{C}\n"))
	assert.ErrorContains(t, err, "no such file")
	assert.NoFileExists(t, path)
}

func TestReplaceRefusesWhatIsNoRing(t *testing.T) {
	path, f := ringIn(t, "{A}\n")
	_, err := f.replace(filled("{A}\n{B}\n"))
	assert.ErrorContains(t, err, "is left as it was, as the edited ring would not be valid: line 2: ")
	holdsOnly(t, path, "{A}\n")
}

func TestReadHasABound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "session.keys")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("#", largest+10)), 0o600))
	_, err := (&console{}).read(path)
	assert.ErrorContains(t, err, "the text is longer than 1048576 bytes")
	_, err = (&console{in: strings.NewReader(strings.Repeat("#", largest+10))}).read("-")
	assert.ErrorContains(t, err, "the text is longer than 1048576 bytes")
}

func TestQuoted(t *testing.T) {
	for path, want := range map[string]string{"-": "-", "-x": "./-x", "--in": "./--in", "a-b": "a-b", "-a b": "'./-a b'", "": "''"} {
		assert.Equal(t, want, quoted(path))
	}
}
