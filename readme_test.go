package house_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// goBlocks are the code blocks of a document that are marked as Go.
func goBlocks(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var blocks []string
	for i, part := range strings.Split(string(text), "\n```") {
		if code, ok := strings.CutPrefix(part, "go\n"); ok && i%2 == 1 {
			blocks = append(blocks, code)
		}
	}
	return blocks
}

func TestTheProgramOfTheReadme(t *testing.T) {
	blocks := goBlocks(t, "README.md")
	require.Len(t, blocks, 1)
	dir := t.TempDir()
	file := filepath.Join(dir, "main.go")
	require.NoError(t, os.WriteFile(file, []byte(blocks[0]+"\n"), 0o600))
	for _, args := range [][]string{
		{"go", "vet", file},
		{"go", "build", "-o", filepath.Join(dir, "program"), file},
	} {
		out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	out, err := exec.Command("gofmt", "-l", file).CombinedOutput()
	require.NoError(t, err)
	assert.Empty(t, string(out), "gofmt would change it")

	// It is short: without imports, error checks and blank lines.
	_, body, _ := strings.Cut(blocks[0], "func main() {")
	body, _, _ = strings.Cut(body, "\nfunc check")
	lines := 0
	for line := range strings.Lines(body) {
		if line = strings.TrimSpace(line); line != "" && line != "check(err)" {
			lines++
		}
	}
	assert.LessOrEqual(t, lines, 20)
}
