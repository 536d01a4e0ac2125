package main

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func allParts() []*parts {
	var all []*parts
	for _, s := range newSubjects() {
		if p, isParts := s.(*parts); isParts {
			all = append(all, p)
		}
	}
	return all
}

// diary is a session of which one text is read, and a long one is changed: where values are
// compressed each by itself, both are.
func diary() *payload {
	text := strings.Repeat("it rained all day, and we stayed in. ", 40)
	return newPayload("diary", map[string]any{
		"a": 1, "user_id": "19ba193f-b081-4eca-8d36-c510aec2faa4", "page": text, "other": text + "again", "zone": "Europe/Oslo",
	}, "page", "other", text+"for the last time")
}

// eachParts runs f for what can be kept, with the cookie of ours. Its clock stands: a Max-Age is
// not compared across the turn of a second.
func eachParts(t *testing.T, f func(t *testing.T, s *parts, p *payload, cookie string)) {
	t.Helper()
	for _, s := range allParts() {
		for _, p := range append(allPayloads(), diary()) {
			if _, _, err := cookieOf(s.of, p); err != nil {
				continue // TestSubjectsKeepSessions says why
			}
			t.Run(s.slug+"/"+p.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					cookie, _, err := cookieOf(s.of, p)
					require.NoError(t, err)
					f(t, s, p, cookie)
				})
			})
		}
	}
}

// TestPartsInflateWhatOursDeflated, and all of it.
func TestPartsInflateWhatOursDeflated(t *testing.T) {
	inflated := map[string]int{}
	eachParts(t, func(t *testing.T, s *parts, p *payload, cookie string) {
		r := s.reading(cookie, p)
		got, err := s.read(s.newBench(&r), &r, cookie)
		require.NoError(t, err)
		assert.Equal(t, s.inflates(p), len(got) > 0)

		_, body := s.unsealed(cookie)
		a, err := dissectBody(body)
		require.NoError(t, err)
		switch a.compression {
		case compressedShared:
			assert.Equal(t, a.entries, got)
		case compressedIsolated:
			if len(got) > 0 {
				// A text, as it is packed: its head, and its bytes.
				text := p.value[p.read].(string)
				assert.Equal(t, text, string(got[len(got)-len(text):]))
				assert.Contains(t, string(a.entries), string(got))
			}
		default:
			assert.Empty(t, got)
			assert.Equal(t, a.entries, body[len(body)-a.stored:])
		}
		if len(got) > 0 {
			inflated[s.slug]++
		}
	})
	for _, s := range allParts() {
		assert.Positive(t, inflated[s.slug], s.slug)
	}
}

// TestPartsWriteWhatOursReads.
func TestPartsWriteWhatOursReads(t *testing.T) {
	deflated := map[string]int{}
	eachParts(t, func(t *testing.T, s *parts, p *payload, cookie string) {
		x := newExchange(s.handler(writeOne, &job{payload: p}), cookie)
		var before string
		for range 3 {
			x.do()
			changed, line := x.setCookie()
			require.NotEmpty(t, changed)
			want := plain(p.value).(map[string]any)
			want[p.write] = plain(p.to)
			assert.Equal(t, want, readsBack(s.of, readAll, p, changed))

			x := newExchange(s.of.handler(writeOne, &job{payload: p}), cookie)
			x.do()
			ofOurs, lineOfOurs := x.setCookie()
			assert.Equal(t, len(ofOurs), len(changed))
			assert.Equal(t, strings.Replace(lineOfOurs, ofOurs, changed, 1), line)
			if s.aead != nil {
				assert.NotEqual(t, before, changed, "the nonce is new")
			}
			before = changed
		}
		if r := s.writing(cookie, &job{payload: p}); len(r.squeezed) > 0 {
			deflated[s.slug]++
		}
	})
	for _, s := range allParts() {
		assert.Positive(t, deflated[s.slug], s.slug)
	}
}

func TestLevelOf(t *testing.T) {
	text, err := testdata.ReadFile("testdata/large.json")
	require.NoError(t, err)
	for _, level := range []int{1, 4, 5, 7} {
		got, found := levelOf(text, newDeflate(level, nil).squeeze(nil, text))
		assert.True(t, found)
		assert.Equal(t, level, got)
	}
	_, found := levelOf(text, []byte("no such stream"))
	assert.False(t, found)
}

// TestPartsVerify: what was altered is found out, wherever it is.
func TestPartsVerify(t *testing.T) {
	eachParts(t, func(t *testing.T, s *parts, p *payload, cookie string) {
		n := len(cookie)
		other := func(i int) string {
			to := "A"
			if cookie[i] == 'A' {
				to = "B"
			}
			return cookie[:i] + to + cookie[i+1:]
		}
		forged := map[string]string{
			"near the end": forge(cookie), "in the middle": other(n / 2), "in the key's ID": other(3), "at the first": other(0),
			"cut": cookie[:n-4], "longer": cookie + "AAAA", "short": cookie[:8], "empty": "",
			"line break": cookie[:n/2] + "\n" + cookie[n/2:], "padding": cookie + "=", "no text": "%" + cookie[1:],
		}
		for _, a := range []act{readOne, writeOne} {
			h := s.handler(a, &job{payload: p})
			newExchange(h, cookie).do()
			for what, value := range forged {
				x := newExchange(h, value)
				x.request, x.response.status = x.sent, http.StatusOK
				x.handler.ServeHTTP(&x.response, &x.request)
				assert.Equal(t, http.StatusInternalServerError, x.response.status, what)
				assert.Empty(t, x.response.header["Set-Cookie"], what)
			}
			newExchange(h, cookie).do() // and it does not stick
		}
	})
}

// TestPartsFindAStreamThatDoesNotEnd: the tag is right, but not what it was known to inflate to.
func TestPartsFindAStreamThatDoesNotEnd(t *testing.T) {
	p := diary()
	for _, s := range allParts() {
		cookie, _, err := cookieOf(s.of, p)
		require.NoError(t, err)
		r := s.reading(cookie, p)
		require.Less(t, r.from, r.to, s.slug)
		for _, by := range []int{-1, 1} {
			wrong := r
			wrong.plain += by
			_, err := s.read(s.newBench(&wrong), &wrong, cookie)
			assert.Error(t, err, s.slug)
		}
		wrong := r
		wrong.to -= 3
		_, err = s.read(s.newBench(&wrong), &wrong, cookie)
		assert.Error(t, err, s.slug)
	}
}

// TestSubkey is the example of SPEC.md.
func TestSubkey(t *testing.T) {
	key := sha256.Sum256([]byte("vector key"))
	assert.Equal(t, "054d0deaaf297576", hex.EncodeToString(subkey(key[:], 1)[:8]))
	assert.NotEqual(t, subkey(key[:], 1), subkey(key[:], 2))
}
