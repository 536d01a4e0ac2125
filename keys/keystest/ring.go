package keystest

import (
	"crypto/sha256"
	"strconv"
	"strings"
	"testing"

	"github.com/cookiesession/go/keys"
)

// Key returns the key of that name: always the same for one name. Anybody can
// make it, so it protects nothing.
func Key(name string) keys.Key {
	secret := sha256.Sum256([]byte("keystest " + name))
	key, err := keys.NewKey(secret[:])
	if err != nil {
		panic(err) // only for a secret of another length, or all zero
	}
	return key
}

// Ring returns the ring of these lines. They are written as [keys.ParseRing] reads
// them, comments too, but that the name of a [Key], a word of your choice, stands for the
// key. A line that is wrong ends the test.
func Ring(t testing.TB, lines ...string) *keys.Ring {
	t.Helper()
	ring, err := keys.ParseRing(Text(lines...))
	if err != nil {
		t.Fatalf("keystest: %v", err)
	}
	return ring
}

// Text returns the text of a file with these lines, which [Ring] describes. It has a header
// and an end mark.
func Text(lines ...string) string {
	var b strings.Builder
	count := 0
	for _, line := range lines {
		name, rest, _ := strings.Cut(line, " ")
		if name != "not-before" && name != "" && name[0] != '#' {
			name = Key(name).Reveal()
			count++
		}
		b.WriteString(strings.TrimRight(name+" "+rest, " ") + "\n")
	}
	return "# cookiesession key ring\n" + b.String() + "# end " + strconv.Itoa(count) + "\n"
}
