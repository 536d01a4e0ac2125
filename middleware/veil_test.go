package middleware_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/middleware"
)

// dump keeps what a failed assertion would print.
type dump struct{ strings.Builder }

func (d *dump) Errorf(format string, args ...any) { fmt.Fprintf(d, format, args...) }

// A session and a context that are dumped show no header of the request.
func TestDumpsShowNoHeader(t *testing.T) {
	m := newSessions(t, newCodec(t, cookiesession.Options{}), middleware.Options{})
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer correct-horse")
	r.Header.Set("Cookie", "other=staple-cookie")
	var s *cookiesession.Session
	var ctx context.Context
	m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, ctx = session(r), r.Context()
		s.Set("n", 1)
	})).ServeHTTP(httptest.NewRecorder(), r)
	for name, v := range map[string]any{"session": s, "context": ctx, "sessions": m} {
		var d dump
		assert.Equal(&d, 1, v)
		assert.Equal(&d, v, nil)
		assert.Equal(&d, []any{"other"}, []any{v})
		for _, verb := range []string{"%v", "%+v", "%#v"} {
			fmt.Fprintf(&d, verb, v)
		}
		assert.NotContains(t, d.String(), "correct-horse", name)
		assert.NotContains(t, d.String(), "staple-cookie", name)
	}
}

// A ringer of the application's that panics once it is asked for.
type panicking struct {
	ring *keys.Ring
	now  bool
}

func (p *panicking) Ring() *keys.Ring {
	if p.now {
		panic("the ring is gone")
	}
	return p.ring
}

func TestPanicInTheFirstLook(t *testing.T) {
	ring := &panicking{ring: testRing(t)}
	codec, err := cookiesession.NewCodec(ring, cookiesession.Options{})
	assert.NoError(t, err)
	ring.now = true
	m := newSessions(t, codec, middleware.Options{})
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", "__Host-session=abc")
	assert.PanicsWithValue(t, "the ring is gone", func() {
		m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { session(r).Get("a") })).
			ServeHTTP(httptest.NewRecorder(), r)
	})
}

// The headers that we set stand side by side in memory, and do not run into each other.
func TestHeadersAreApart(t *testing.T) {
	m := newSessions(t, newCodec(t, cookiesession.Options{}), middleware.Options{})
	m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session(r).Set("n", 1)
		w.WriteHeader(200)
		h := w.Header()
		for _, name := range []string{"Vary", "Set-Cookie", "Cache-Control"} {
			h[name] = append(h[name], "more")
		}
		assert.Equal(t, "Cookie", h["Vary"][0])
		assert.Equal(t, "private, no-cache", h["Cache-Control"][0])
		assert.Contains(t, h["Set-Cookie"][0], "__Host-session=")
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}
