package cookiesession_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// frozen is what a failure means.
const frozen = "the format is frozen: a change needs a new version byte"

// TestTheVectorsAreFrozen holds every vector to the SHA-256 that is listed for it, in the form
// that sha256sum -c reads. A new vector is added by -update, which changes no line that
// stands there. Only a meaning for what SPEC.md reserves may retire a vector, one
// that shows it as unreadable.
func TestTheVectorsAreFrozen(t *testing.T) {
	const list = "vectors.sha256"
	text, err := os.ReadFile(filepath.Join("testdata", list))
	require.NoError(t, err, frozen)
	listed := map[string]string{}
	for line := range strings.Lines(string(text)) {
		sum, file, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  vectors/")
		require.True(t, ok && len(sum) == 64, "%s: %q", list, line)
		require.NotContains(t, listed, file)
		listed[file] = sum
	}
	require.NotEmpty(t, listed, frozen)

	if *update {
		writeVectors(t)
	}
	found := map[string]string{}
	for _, v := range readVectors(t) {
		text, err := os.ReadFile(filepath.Join("testdata", "vectors", v.file))
		require.NoError(t, err)
		found[v.file] = fmt.Sprintf("%x", sha256.Sum256(text))
	}
	if *update {
		for file, sum := range found {
			if listed[file] == "" {
				listed[file] = sum
			}
		}
		var b strings.Builder
		for _, file := range slices.Sorted(maps.Keys(listed)) {
			fmt.Fprintf(&b, "%s  vectors/%s\n", listed[file], file)
		}
		require.NoError(t, os.WriteFile(filepath.Join("testdata", list), []byte(b.String()), 0o644))
	}
	for file, sum := range listed {
		if assert.Contains(t, found, file, "vector %s is gone; %s", file, frozen) {
			assert.Equal(t, sum, found[file], "vector %s changed; %s", file, frozen)
		}
	}
	for file := range found {
		assert.Contains(t, listed, file, "vector %s is new and not in testdata/%s; -update adds it", file, list)
	}
}
