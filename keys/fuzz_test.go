package keys_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cookiesession/go/keys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func FuzzParseRing(f *testing.F) {
	seeds := []string{
		"",
		"<A>",
		"<A>\n",
		"<A>,<B> 2026-06-01T00:00:00Z,not-before 2026-03-01T00:00:00Z",
		"# cookiesession key ring\nnot-before 2026-03-01T00:00:00Z\n<A>\n<B> 2026-06-01T02:00:00+02:00\n<C> 2026-03-01T00:00:00Z revoked\n# end 3\n",
		"\ufeff# cookiesession key ring\r\n<A> # comment\r\n# end 1\r\n",
		"<A> revoked\n<B> revoked\n",
		"<A>\n<A>\n",
		"<A>\n<B>\n",
		"<A> 9999-12-31T23:59:59Z\n<B> 1970-01-01T00:00:00Z\n",
		"<A> 0001-01-01T00:00:00Z\n",
		"<A> 2026-06-01T00:00:00.5Z revoked <B>\n# end 2\n",
		"cs1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh-9TkmF,",
		"not-before <A>",
		"<A>0,#",
		"<A>\n# end 1\n<B> revoked\n",
	}
	valid := 0
	for _, seed := range seeds {
		f.Add(expand(seed))
		if _, err := keys.ParseRing(expand(seed)); err == nil {
			valid++
		}
	}
	// Seeds that are all of one kind would leave one half of the target unused.
	require.NotZero(f, valid)
	require.Less(f, valid, len(seeds))
	f.Fuzz(func(t *testing.T, text string) {
		r, err := keys.ParseRing(text)
		if err != nil {
			require.Nil(t, r)
			message := err.Error()
			assert.True(t, strings.HasPrefix(message, "keys: "))
			assert.Less(t, len(message), 4000)
			// A word that is long enough to be a part of a key is not repeated.
			for word := range strings.FieldsFuncSeq(text, notOfAKey) {
				if secret := strings.TrimPrefix(word, "cs1_"); len(secret) >= 16 {
					assert.NotContains(t, message, secret)
				}
			}
			return
		}

		for _, form := range []string{r.Reveal(), r.RevealLine()} {
			again, err := keys.ParseRing(form)
			require.NoError(t, err, form)
			assert.Equal(t, r.Reveal(), again.Reveal())
			assert.Equal(t, r.RevealLine(), again.RevealLine())
			assert.Equal(t, r.NotBefore(), again.NotBefore())
			for _, now := range []time.Time{{}, march, sept} {
				assert.Equal(t, r.Status(now, time.Hour), again.Status(now, time.Hour))
			}
		}

		all := r.Status(march, time.Hour)
		require.NotEmpty(t, all)
		for i, s := range all {
			if i > 0 {
				assert.False(t, s.From.Before(all[i-1].From), "oldest first")
			}
			k, err := r.Lookup(s.ID)
			if s.State == keys.Revoked {
				assert.ErrorIs(t, err, keys.ErrRevoked)
				continue
			}
			require.NoError(t, err)
			assert.Equal(t, s.ID, k.ID())
			assert.Contains(t, text, k.Reveal(), "the ring has no key that the text has not")
			assert.NotContains(t, r.String(), k.Reveal()[4:])
		}
	})
}

// notOfAKey reports whether the character cannot stand in a key.
func notOfAKey(r rune) bool {
	return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", r)
}
