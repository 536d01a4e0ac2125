package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// root is the folder of the module.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		above := filepath.Dir(dir)
		require.NotEqual(t, above, dir, "no go.mod above the test")
		dir = above
	}
}

// The program is that of the README, to the letter. It is not run: its
// address is fixed.
func TestItIsTheProgramOfTheReadme(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(root(t), "README.md"))
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(readme), "\n## A program\n")
	require.True(t, ok, "the README has the section")
	_, block, ok := strings.Cut(section, "\n```go\n")
	require.True(t, ok, "the section has a Go block")
	block, _, ok = strings.Cut(block, "\n```\n")
	require.True(t, ok, "the block ends")

	program, err := os.ReadFile("main.go")
	require.NoError(t, err)
	assert.Equal(t, block+"\n", string(program))
}

func TestItCompiles(t *testing.T) {
	for _, args := range [][]string{
		{"vet", "."},
		{"build", "-o", filepath.Join(t.TempDir(), "minimal"), "."},
	} {
		out, err := exec.Command("go", args...).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
}
