package pack

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestTheNamesAreFrozen holds the table to its SHA-256, a line for each name.
func TestTheNamesAreFrozen(t *testing.T) {
	sum := sha256.Sum256([]byte(strings.Join(names[:], "\n") + "\n"))
	assert.Equal(t, "b8f672bef50d08c04687175065640dadcaa0618c4ed835c83284a5cd6c280977", fmt.Sprintf("%x", sum),
		"the table of names changed; the format is frozen: a change needs a new version byte")
}
