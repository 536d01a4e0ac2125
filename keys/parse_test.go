package keys_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cookiesession/go/keys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// collision returns two different keys with the same ID, found by search.
func collision(t testing.TB) (keys.Key, keys.Key) {
	t.Helper()
	var pair [2]keys.Key
	for i, n := range []uint32{50739, 51318} {
		secret := sha256.Sum256(binary.BigEndian.AppendUint32(nil, n))
		k, err := keys.NewKey(secret[:])
		require.NoError(t, err)
		pair[i] = k
	}
	require.Equal(t, pair[0].ID(), pair[1].ID())
	require.NotEqual(t, pair[0].Reveal(), pair[1].Reveal())
	return pair[0], pair[1]
}

// expand puts the texts of keys in place of <A>, <B> and <C>.
func expand(text string) string {
	for _, name := range []string{"A", "B", "C"} {
		text = strings.ReplaceAll(text, "<"+name+">", keyText(secretOf(strings.ToLower(name))))
	}
	return text
}

func TestParseRing(t *testing.T) {
	a, b, c := keyOf(t, "a"), keyOf(t, "b"), keyOf(t, "c")
	one := ringOf(t, keys.Entry{Key: a})
	two := ringOf(t, keys.Entry{Key: a}, keys.Entry{Key: b, From: june})
	three, err := keys.NewRing(march, keys.Entry{Key: a}, keys.Entry{Key: b, From: june}, keys.Entry{Key: c, From: march, Revoked: true})
	require.NoError(t, err)
	revoked := ringOf(t, keys.Entry{Key: a, Revoked: true}, keys.Entry{Key: b, Revoked: true})

	for _, tt := range []struct {
		name, text string
		want       *keys.Ring
	}{
		{"one key, no line end", "<A>", one},
		{"one key", "<A>\n", one},
		{"several line ends", "\n\n<A>\n\n", one},
		{"CR LF", "# comment\r\n<A>\r\n", one},
		{"last line without its end", "# comment\n<A>", one},
		{"spaces and tabs", " \t<A> \t\n \n", one},
		{"byte order mark", "\ufeff<A>\n", one},
		{"byte order mark, one line", "\ufeff<A>", one},
		{"comments", "# a, b\n  # b\n<A> # cs1_ c\n#", one},
		{"comment without a space", "<A>#c\n", one},
		{"comment in other scripts", "# clé – 鍵\n<A>\n", one},
		{"a key in a comment", "<A>\n# <B>\n", one},

		{"two keys", "<A>\n<B> 2026-06-01T00:00:00Z\n", two},
		{"other order", "<B> 2026-06-01T00:00:00Z\n<A>\n", two},
		{"other zone", "<A>\n<B> 2026-06-01T02:00:00+02:00\n", two},
		{"one line", "<A>,<B> 2026-06-01T00:00:00Z", two},
		{"one line with spaces", " <A> , <B>\t2026-06-01T00:00:00Z ", two},

		{"everything", "not-before 2026-03-01T00:00:00Z\n<A>\n<C> 2026-03-01T00:00:00Z revoked\n<B> 2026-06-01T00:00:00Z\n", three},
		{"everything in one line", "<A>,<C> 2026-03-01T00:00:00Z revoked,not-before 2026-03-01T00:00:00Z,<B> 2026-06-01T00:00:00Z", three},
		{"latest not-before last", "not-before 2025-01-01T00:00:00Z\n<A>\n<C> 2026-03-01T00:00:00Z revoked\n<B> 2026-06-01T00:00:00Z\nnot-before 2026-03-01T00:00:00Z\n", three},
		{"latest not-before first", "not-before 2026-03-01T01:00:00+01:00,<A>,<C> 2026-03-01T00:00:00Z revoked,<B> 2026-06-01T00:00:00Z,not-before 2026-02-28T23:59:59Z", three},

		{"all revoked", "<A> revoked\n<B> revoked\n", revoked},

		{"end mark", "<A>\n# end 1\n", one},
		{"end mark, CR LF, and spaces after", "<A>\r\n# end 1 \t\r\n", one},
		{"end mark, blank lines after", "<A>\n# end 1\n\n \n", one},
		{"end mark without its line end", "<A>\n# end 1", one},
		{"end mark counts revoked keys", "<A> revoked\n<B> revoked\n# end 2\n", revoked},
		{"end mark does not count not-before", "not-before 2026-03-01T00:00:00Z\n<A>\n<C> 2026-03-01T00:00:00Z revoked\n<B> 2026-06-01T00:00:00Z\n# end 3\n", three},
		{"no end mark: no number", "<A>\n# end of part 1\n# end\n# end \n# end -1\n", one},
		{"no end mark: other spelling", "<A>\n#end 7\n# End 7\n# end 7.\n # end 7\n", one},
		{"header", "# cookiesession key ring\n<A>\n# end 1\n", one},
		{"header, CR LF", "# cookiesession key ring\r\n<A>\r\n# end 1\r\n", one},
		{"header after a byte order mark", "\ufeff# cookiesession key ring\n<A>\n# end 1\n", one},
		{"no header: other text", "# cookiesession key ring of staging\n<A>\n", one},
		{"no header: second line", "#\n# cookiesession key ring\n<A>\n", one},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := keys.ParseRing(expand(tt.text))
			require.NoError(t, err)
			assert.Equal(t, tt.want.Reveal(), got.Reveal())
			assert.Equal(t, tt.want.NotBefore(), got.NotBefore())
			assert.Equal(t, tt.want.Status(june, time.Hour), got.Status(june, time.Hour))
		})
	}
}

func TestParseRingRefuses(t *testing.T) {
	idA, idB := keyOf(t, "a").ID().String(), keyOf(t, "b").ID().String()
	const (
		noKey    = "there is no key: a ring needs at least one; Generate makes it, and Reveal gives its text"
		notKey   = "not a key: a key starts with cs1_"
		instant  = "after the key or not-before comes an instant, such as 2026-09-01T00:00:00Z (RFC 3339, with a time zone); after a key also the word revoked; this is neither"
		fraction = "the instant has a fraction of a second: give whole seconds"
		limit    = "after not-before comes one instant, such as 2026-09-01T00:00:00Z, and nothing else"
		control  = "a control character: only printable text, spaces, tabs and line ends (LF, or CR LF) are read"
		comma    = "a comma: write one key a line; commas are for the form with no line end"
		second   = "a second key: write one key a line, or put a comma between them if there is only one line"
		gap      = "there is nothing between the commas, or after the last: is a key missing? If not, remove the comma"
		tooMany  = "word %d is one too many: after the key come an instant, then the word revoked, and both may be left out"
		hash     = "a # in a text with no line end: comments work only in a file; remove it"
		cutOff   = `the text begins with "# cookiesession key ring", so it must end with an end mark, and has none: was it cut off? If it is whole, make its last line "# end %d"`
		count    = `the end mark does not count the keys, which are %d: is a part missing? If the text is whole and was edited, make this line "# end %d"`
		notLast  = "the end mark on line %d must be the last line: move it to the end"
	)
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", noKey},
		{"blank", " \t", noKey},
		{"blank lines", "\n \r\n\n", noKey},
		{"byte order mark alone", "\ufeff", noKey},
		{"comments alone", "# a\n# b\n", noKey},
		{"not-before alone", "not-before 2026-03-01T00:00:00Z\n", noKey},
		{"not-before alone, one line", "not-before 2026-03-01T00:00:00Z", noKey},
		{"header and end mark alone", "# cookiesession key ring\n# end 0\n", noKey},
		{"UTF-16, little endian", "\xff\xfec\x00s\x00", "the text is UTF-16: save it as UTF-8"},
		{"UTF-16, big endian", "\xfe\xff\x00c\x00s", "the text is UTF-16: save it as UTF-8"},
		{"NUL", "<A>\x00\n", "line 1: " + control},
		{"lone CR in a comment", "# old\r<A>\n<B>\n", "line 1: " + control},
		{"lone CR, one line", "<A>\r", control},
		{"vertical tab", "<A>\n\v<B> revoked\n", "line 2: " + control},
		{"NEL", "<A>\n# \u0085<B> revoked\n", "line 2: " + control},
		{"line separator", "<A>\n# \u2028<B> revoked\n", "line 2: " + control},
		{"escape sequence", "<A> # \x1b[8m\n", "line 1: " + control},
		{"byte order mark in the middle", "<A>\n\ufeff<B> revoked\n", "line 2: " + notKey},

		{"not a key", "<A>\nkey\n", "line 2: " + notKey},
		{"assignment", "SESSION_KEYS=<A>\n", "line 1: " + notKey},
		{"bad key", "<A>0\n", "line 1: the key is too long, 53 characters instead of 52: was something added in copying?"},
		{"bad key, one line", "<A>,cs1_x", "entry 2: the key is too short, 5 characters instead of 52: was it cut off in copying?"},
		{"no-break space", "<A>\u00a0revoked\n", "line 1: character 53 of the key cannot be in a key: after cs1_ come only letters, digits, - and _"},

		{"date alone", "<A> 2026-06-01\n", "line 1: " + instant},
		{"no zone", "<A> 2026-06-01T00:00:00\n", "line 1: " + instant},
		{"space for T", "<A> 2026-06-01 00:00:00Z\n", "line 1: " + instant},
		{"no such day", "<A> 2026-02-30T00:00:00Z\n", "line 1: " + instant},
		{"hour of one digit", "<A> 2026-06-01T0:00:00Z\n", "line 1: " + instant},
		{"zone of a day", "<A> 2026-06-01T00:00:00+24:00\n", "line 1: " + instant},
		{"misspelt revoked", "<A> revokd\n", "line 1: " + instant},
		{"revoked in upper case", "<A> REVOKED\n", "line 1: " + instant},
		{"fraction", "<A> 2026-06-01T00:00:00.5Z\n", "line 1: " + fraction},
		{"fraction of zero", "<A> 2026-06-01T00:00:00.000Z\n", "line 1: " + fraction},
		{"fraction with a comma", "<A> 2026-06-01T00:00:00,5Z\n", "line 1: " + comma},
		{"year 1", "<A> 0001-01-01T00:00:00Z\n", "line 1: the instant is in the year 1: it must be between 1970 and 9999, or left out to mean since ever"},
		{"year 1969", "<A> 1970-01-01T00:00:00+01:00\n", "line 1: the instant is in the year 1969: it must be between 1970 and 9999, or left out to mean since ever"},
		{"revoked before the instant", "<A> revoked 2026-06-01T00:00:00Z\n", "line 1: " + fmt.Sprintf(tooMany, 3)},
		{"two instants", "<A> 2026-06-01T00:00:00Z 2026-06-01T00:00:00Z\n", "line 1: " + fmt.Sprintf(tooMany, 3)},
		{"revoked twice", "<A> 2026-06-01T00:00:00Z revoked revoked\n", "line 1: " + fmt.Sprintf(tooMany, 4)},
		{"two keys on a line", "<A> <B>\n", "line 1: " + second},
		{"two keys in one line", "<A> <B>", "entry 1: " + second},

		{"not-before without an instant", "<A>\nnot-before\n", "line 2: " + limit},
		{"not-before with more", "<A>\nnot-before 2026-06-01T00:00:00Z revoked\n", "line 2: " + limit},
		{"not-before with a bad instant", "<A>\nnot-before today\n", "line 2: " + instant},
		{"not-before with a fraction", "<A>\nnot-before 2026-06-01T00:00:00.1Z\n", "line 2: " + fraction},
		{"not-before with a key", "<A>\nnot-before <B>\n", "line 2: " + second},

		{"comma in a file", "<A>,<B> 2026-06-01T00:00:00Z\n", "line 1: " + comma},
		{"comma at the end of a line", "<A>,\n", "line 1: " + comma},
		{"comment in one line", "<A> # comment", hash},
		{"commented entry in one line", "<A>,#<B>", hash},
		{"comma at the start", ",<A>", "entry 1: " + gap},
		{"comma at the end", "<A>, ", "entry 2: " + gap},
		{"commas alone", ",", "entry 1: " + gap + "\nentry 2: " + gap},

		{"same key", "<A>\n<B> 2026-06-01T00:00:00Z\n<A> 2026-09-01T00:00:00Z\n", "line 3: the key " + idA + " stands at line 1 too: keep one"},
		{"same key, one revoked", "<A> revoked,<A>", "entry 2: the key " + idA + " stands at entry 1 too, and only one of the two is revoked: keep one"},
		{"two without an instant", "<A>\n<B>\n", "line 2: the key " + idB + " has no instant, and the key " + idA + " at line 1 has none either, so either could sign: give the newer one the instant from which it signs"},
		{"one instant in two zones", "<A> 2026-06-01T00:00:00Z,<B> 2026-06-01T02:00:00+02:00", "entry 2: the key " + idB + " signs from 2026-06-01T00:00:00Z, and the key " + idA + " at entry 1 does too: give one of them another instant"},

		{"end mark counts too many", "<A>\n# end 2\n", "line 2: " + fmt.Sprintf(count, 1, 1)},
		{"end mark counts too few", "<A>\n<B> revoked\n# end 1\n", "line 3: " + fmt.Sprintf(count, 2, 2)},
		{"end mark with a zero before", "<A>\n# end 01\n", "line 2: " + fmt.Sprintf(count, 1, 1)},
		{"end mark beyond all numbers", "<A>\n# end 99999999999999999999999\n", "line 2: " + fmt.Sprintf(count, 1, 1)},
		{"key after the end mark", "<A>\n# end 1\n<B> revoked\n", "line 3: " + fmt.Sprintf(notLast, 2)},
		{"comment after the end mark", "<A>\n# end 1\n\n# more\n", "line 4: " + fmt.Sprintf(notLast, 2)},
		{"two end marks", "<A>\n# end 1\n# end 1\n", "line 3: " + fmt.Sprintf(notLast, 2)},
		{"two files in one", "<A>\n# end 1\n<B> revoked\n# end 1\n", "line 3: " + fmt.Sprintf(notLast, 2)},
		{"header without an end mark", "# cookiesession key ring\n<A>\n", "line 2: " + fmt.Sprintf(cutOff, 1)},
		{"header without an end mark, CR LF, byte order mark", "\ufeff# cookiesession key ring\r\n<A>\r\n<B> revoked\r\n", "line 3: " + fmt.Sprintf(cutOff, 2)},

		{"many mistakes", "# cookiesession key ring\nkey\n<A> never\n<B>\n<B> revoked\nnot-before\n# end 7\n",
			"line 2: " + notKey + "\nline 3: " + instant + "\nline 6: " + limit +
				"\nline 5: the key " + idB + " stands at line 4 too, and only one of the two is revoked: keep one"},
		{"two mistakes on a line", "cs1_ never\n", "line 1: the key is too short, 4 characters instead of 52: was it cut off in copying?\nline 1: " + instant},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := keys.ParseRing(expand(tt.text))
			assert.EqualError(t, err, "keys: "+tt.want)
			assert.Nil(t, r)
		})
	}
}

func TestParseRingRefusesACollision(t *testing.T) {
	a, b := collision(t)
	_, err := keys.ParseRing(a.Reveal() + "\n" + b.Reveal() + " revoked\n")
	assert.EqualError(t, err, "keys: line 2: this key has the ID 4c80766b, and so has the different key at line 1, by a rare chance: put a new key in place of one of the two")
}

func TestParseRingBoundsItsMessage(t *testing.T) {
	_, err := keys.ParseRing(strings.Repeat("a line of some other file\n", 30))
	require.Error(t, err)
	lines := strings.Split(err.Error(), "\n")
	assert.Len(t, lines, 11)
	assert.Equal(t, "and 50 more", lines[10], "two mistakes on each line")
}

func TestParseRingBoundsItsText(t *testing.T) {
	text := expand("<A>\n")
	for _, tt := range []struct {
		name string
		size int
		ok   bool
	}{
		{"at the limit", 1 << 20, true},
		{"beyond", 1<<20 + 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := keys.ParseRing(text + strings.Repeat("#", tt.size-len(text)))
			if tt.ok {
				assert.NoError(t, err)
			} else {
				assert.EqualError(t, err, "keys: the text is longer than 1048576 bytes: it cannot be a key ring")
			}
		})
	}
}

func TestErrorsDoNotRepeatTheText(t *testing.T) {
	secret := secretOf("d")
	good := keyText(secret)
	for _, text := range []string{
		good[:30], good[:51], good + "A", good[4:], good[:20] + " " + good[20:], good[:20] + "\n" + good[20:] + "\n",
		good + " " + good[10:30], "not-before " + good, "not-before " + good[4:], good + " revoked " + good[4:] + "\n", good + "," + good,
		good[:20] + "," + good[20:], good + "#" + good, good + "\n" + good + "\n", strings.ToUpper(good), good[:40] + "=\n", `"` + good + `"`,
		good + "\n# end " + good + "\n# end 99\n", fmt.Sprintf("%x", secret), good + " 2026" + good,
	} {
		_, err := keys.ParseRing(text)
		require.Error(t, err, text)
		assert.Empty(t, leak(err.Error(), secret), "%s for %s", err, text)
		_, err = keys.ParseKey(text)
		require.Error(t, err, text)
		assert.Empty(t, leak(err.Error(), secret), "%s for %s", err, text)
	}
}

func TestReveal(t *testing.T) {
	text := expand("not-before 2026-03-01T00:00:00Z,<B> 2026-06-01T00:00:00Z,<A>,<C> 2026-03-01T00:00:00Z revoked")
	r, err := keys.ParseRing(text)
	require.NoError(t, err)
	assert.Equal(t, expand(`# cookiesession key ring
not-before 2026-03-01T00:00:00Z
<A>
<C> 2026-03-01T00:00:00Z revoked
<B> 2026-06-01T00:00:00Z
# end 3
`), r.Reveal())
	assert.Equal(t, expand("not-before 2026-03-01T00:00:00Z,<A>,<C> 2026-03-01T00:00:00Z revoked,<B> 2026-06-01T00:00:00Z"), r.RevealLine())

	for _, text := range []string{r.Reveal(), r.RevealLine(), strings.ReplaceAll(r.Reveal(), "\n", "\r\n")} {
		again, err := keys.ParseRing(text)
		require.NoError(t, err)
		assert.Equal(t, r.Reveal(), again.Reveal())
		assert.Equal(t, r.RevealLine(), again.RevealLine())
	}
}
