package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// readsBack is what a handler finds in the session of a cookie.
func readsBack(s subject, a act, p *payload, cookie string) map[string]any {
	found := map[string]any{}
	j := &job{payload: p, hear: func(key string, value any) { found[key] = plain(value) }}
	newExchange(s.handler(a, j), cookie).do()
	return found
}

// TestSubjectsKeepSessions: what is measured works, and every subject gives back
// the same.
func TestSubjectsKeepSessions(t *testing.T) {
	for _, s := range newSubjects() {
		if _, isParts := s.(*parts); isParts || s.name() == contextOnly || s.name() == nothing {
			continue
		}
		for _, p := range allPayloads() {
			t.Run(s.name()+"/"+p.name, func(t *testing.T) {
				cookie, line, err := cookieOf(s, p)
				if p.name == "draft" && s.name() == oursEncrypted {
					require.Error(t, err)
					require.Greater(t, s.(ours).weight(p.value), cookieMax-len(cookieName), "%v", err)
					return // too large for one cookie, alone of all
				}
				require.NoError(t, err)
				require.NotEmpty(t, cookie)
				assert.Contains(t, line, "; Secure")
				assert.Contains(t, line, "; HttpOnly")
				assert.Contains(t, line, "; SameSite=Lax")

				assert.Equal(t, plain(p.value), any(readsBack(s, readAll, p, cookie)))
				if s.name() != plainCookie {
					assert.Equal(t, map[string]any{p.read: p.value[p.read]}, readsBack(s, readOne, p, cookie))
				}

				x := newExchange(s.handler(writeOne, &job{payload: p}), cookie)
				x.do()
				changed, _ := x.setCookie()
				require.NotEmpty(t, changed)
				after := readsBack(s, readAll, p, changed)
				want := plain(p.value).(map[string]any)
				assert.NotEqual(t, want[p.write], plain(p.to))
				want[p.write] = plain(p.to)
				assert.Equal(t, want, after)

				if s.name() != plainCookie {
					found := readsBack(s, readOne, p, forge(cookie))
					assert.Empty(t, found[p.read], "forged")
				}
				x = newExchange(s.handler(untouched, &job{payload: p}), cookie)
				x.do()
				value, _ := x.setCookie()
				assert.Empty(t, value)

				if c, ok := s.(coder); ok {
					text, err := c.encode(p.value)
					require.NoError(t, err)
					values, err := c.decode(text)
					require.NoError(t, err)
					assert.Equal(t, plain(p.value), plain(values))
				}
			})
		}
	}
}
