package pack

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNames(t *testing.T) {
	assert.LessOrEqual(t, len(names), 256)
	assert.Len(t, nameIndex, len(names), "a name stands twice")
	for i, name := range names {
		assert.Regexp(t, `^[A-Za-z_][A-Za-z0-9_.]*$`, name)
		assert.Equal(t, i, int(nameIndex[name]))
		assert.LessOrEqual(t, len(name), 30, "the layer above counts on it")
		if i >= 24 {
			assert.GreaterOrEqual(t, len(name), 2, "%s gains nothing", name)
		}
	}
}

// The layer above stores these under tags of its own.
func TestSpecial(t *testing.T) {
	for tag := range uint64(1 << 10) {
		switch tag {
		case 1, 4, 21, 22, 37, 108, 224, 225, 226, 227:
			assert.True(t, special(tag), tag)
		default:
			assert.False(t, special(tag), tag)
		}
		assert.True(t, special(tag) || !packsText(tag), tag)
	}
}

// The appendix of the specification is the table.
func TestSpecHasTheNames(t *testing.T) {
	spec, err := os.ReadFile("../../SPEC.md")
	require.NoError(t, err)
	_, appendix, ok := strings.Cut(string(spec), "## Appendix: the table of names")
	require.True(t, ok)
	var listed []string
	for line := range strings.Lines(appendix) {
		words := strings.Fields(line)
		if !strings.HasPrefix(line, "    ") {
			continue
		}
		require.Equal(t, strconv.Itoa(len(listed)), words[0])
		listed = append(listed, words[1:]...)
	}
	assert.Equal(t, names[:], listed)
}
