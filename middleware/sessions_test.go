package middleware_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/middleware"
)

func newSessions(t testing.TB, codec middleware.Codec, opts middleware.Options) *middleware.Sessions {
	t.Helper()
	m, err := middleware.New(codec, opts)
	require.NoError(t, err)
	return m
}

func TestLoadAndSaveWithoutMiddleware(t *testing.T) {
	codec := newCodec(t, cookiesession.Options{})
	var heard events
	m := newSessions(t, codec, heard.hooks(middleware.Options{}))
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := m.Load(r)
		switch r.URL.Path {
		case "/set":
			s.Set("n", s.GetInt("n")+1)
		case "/read":
			s.Get("n")
		case "/big":
			s.Set("big", big())
		}
		if err := m.Save(w, r, s); err != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	ask := func(path, cookie string) *http.Response {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", path, nil)
		if cookie != "" {
			r.Header.Set("Cookie", cookie)
		}
		h.ServeHTTP(w, r)
		return w.Result()
	}
	r := ask("/", "")
	assert.Empty(t, r.Header)
	r = ask("/read", "")
	assert.Equal(t, "Cookie", r.Header.Get("Vary"))
	assert.Empty(t, r.Header["Set-Cookie"])
	r = ask("/set", "__Host-session=%")
	assert.Len(t, heard.take(), 1)
	require.Len(t, r.Cookies(), 1)
	r = ask("/set", r.Cookies()[0].Name+"="+r.Cookies()[0].Value)
	s, err := codec.Decode(t.Context(), r.Cookies()[0].Value)
	require.NoError(t, err)
	assert.Equal(t, 2, s.GetInt("n"))
	r = ask("/big", "")
	assert.Equal(t, 500, r.StatusCode)
	assert.Empty(t, r.Header["Set-Cookie"])
	assert.Equal(t, "Cookie", r.Header.Get("Vary"))
}

func TestLoadWithinTheMiddleware(t *testing.T) {
	m := newSessions(t, newCodec(t, cookiesession.Options{}), middleware.Options{})
	w := httptest.NewRecorder()
	m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := m.Load(r)
		assert.Same(t, session(r), s)
		s.Set("n", 1)
		assert.NoError(t, m.Save(w, r, s))
		assert.Len(t, w.Header()["Set-Cookie"], 1)
		s.Set("n", 2)
	})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	assert.Len(t, w.Header()["Set-Cookie"], 1, "saved again, in one line")
}

// Two session cookies in one program: each handler finds both.
func TestTwoMiddlewares(t *testing.T) {
	outer := newSessions(t, newCodec(t, cookiesession.Options{Name: "outer"}), middleware.Options{})
	inner := newSessions(t, newCodec(t, cookiesession.Options{Name: "inner"}), middleware.Options{})
	w := httptest.NewRecorder()
	outer.Handler(inner.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		outer.FromContext(r.Context()).Set("n", 1)
		assert.Same(t, inner.FromContext(r.Context()), cookiesession.FromContext(r.Context()))
		inner.FromContext(r.Context()).Set("n", 2)
	}))).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Len(t, w.Header()["Set-Cookie"], 2)
	assert.Len(t, w.Header()["Vary"], 1)
	assert.PanicsWithValue(t,
		"middleware: no session for the cookie inner in the context; wrap the handler with Handler of this Sessions, and pass on the request's context",
		func() { inner.FromContext(context.Background()) })
}

// The same middleware twice is one session and one line.
func TestTheSameMiddlewareTwice(t *testing.T) {
	var heard events
	m := newSessions(t, newCodec(t, cookiesession.Options{}), heard.hooks(middleware.Options{}))
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", "__Host-session=%")
	m.Handler(m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		session(r).Set("n", 1)
	}))).ServeHTTP(w, r)
	assert.Len(t, w.Header()["Set-Cookie"], 1)
	assert.Len(t, heard.take(), 1)
}

// A codec of another kind can stand in: here one that refuses to seal.
type brokenCodec struct{ middleware.Codec }

var errBroken = errors.New("broken")

func (brokenCodec) Seal(*cookiesession.Session) (cookiesession.Sealed, error) {
	return cookiesession.Sealed{}, errBroken
}

// logged runs a handler with the default hooks and returns what they log.
func logged(t *testing.T, codec middleware.Codec, cookie string, handler http.HandlerFunc) (*httptest.ResponseRecorder, string) {
	t.Helper()
	var out bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, nil)))
	defer slog.SetDefault(before)
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/path", nil)
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	newSessions(t, codec, middleware.Options{}).Handler(handler).ServeHTTP(w, r)
	return w, out.String()
}

func TestDefaultHooksLog(t *testing.T) {
	clock := time.Now()
	codec := newCodec(t, cookiesession.Options{Now: func() time.Time { return clock }})
	w, out := logged(t, codec, "", func(_ http.ResponseWriter, r *http.Request) { session(r).Set("secret", big()) })
	assert.Equal(t, 500, w.Code)
	assert.Equal(t, "The session could not be saved.\n", w.Body.String(), "says nothing of it to the client")
	assert.Contains(t, out, "level=ERROR")
	assert.Contains(t, out, "bytes of 4093")
	assert.NotContains(t, out, big()[:20])

	w, out = logged(t, brokenCodec{codec}, "", func(_ http.ResponseWriter, r *http.Request) { session(r).Set("n", 1) })
	assert.Equal(t, 500, w.Code)
	assert.Contains(t, out, "broken")

	_, out = logged(t, codec, "__Host-session=%", func(_ http.ResponseWriter, r *http.Request) { session(r).Len() })
	assert.Contains(t, out, "level=INFO")
	assert.Contains(t, out, "malformed")

	_, out = logged(t, codec, "", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(200)
		session(r).Set("n", 1)
	})
	assert.Contains(t, out, "level=WARN")
	assert.Contains(t, out, "used too late")

	_, out = logged(t, codec, "", func(w http.ResponseWriter, r *http.Request) {
		session(r).Set("n", 1)
		w.WriteHeader(500)
	})
	assert.Contains(t, out, "level=WARN")
	assert.Contains(t, out, "the session was not written")

	w, out = logged(t, codec, "", func(_ http.ResponseWriter, r *http.Request) { session(r).Set("notes", big()[:2700]) })
	assert.Equal(t, 200, w.Code)
	assert.Contains(t, out, "nears the limit")
	assert.Contains(t, out, "notes")

	var large []cookiesession.Size
	m, err := middleware.New(codec, middleware.Options{OnLarge: func(_ *http.Request, size cookiesession.Size) { large = append(large, size) }})
	require.NoError(t, err)
	for _, n := range []int{10, 2700} {
		m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { session(r).Set("notes", big()[:n]) })).
			ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	}
	require.Len(t, large, 1)
	assert.Equal(t, "notes", large[0].Values[0].Key)

	s := codec.New(context.Background())
	s.Set("n", 1)
	value, err := codec.Encode(s)
	require.NoError(t, err)
	clock = clock.Add(20 * 24 * time.Hour)
	_, out = logged(t, codec, "__Host-session="+value, func(_ http.ResponseWriter, r *http.Request) { session(r).Len() })
	assert.Empty(t, out, "an expired session is nothing unusual")
}

// Any of several cookies of the name may be the one; copies are one session.
func TestCandidatesOfSeveralLines(t *testing.T) {
	s := serve(t, "HTTP/2.0", middleware.Options{}, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, strings.Join(session(r).Keys(), ","))
	})
	cookie := s.cookie(t)
	name := s.codec.Name()
	assert.Equal(t, "n", s.get(t, "/", name+"=%; "+cookie).body)
	s.events.take()
	assert.Equal(t, "n", s.get(t, "/", cookie+"; "+cookie).body)
	assert.Empty(t, s.events.take())
	assert.Empty(t, s.get(t, "/", cookie+"; "+s.cookie(t)).body)
	heard := s.events.take()
	require.Len(t, heard, 1)
	assert.Contains(t, heard[0], "ambiguous")
}

// A session that is only read is written again past half of its idle time,
// but not with an error status.
func TestIdleRenewal(t *testing.T) {
	clock := time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)
	codec := newCodec(t, cookiesession.Options{Idle: time.Hour, Now: func() time.Time { return clock }})
	var heard events
	m := newSessions(t, codec, heard.hooks(middleware.Options{}))
	s := codec.New(context.Background())
	s.Set("n", 1)
	value, err := codec.Encode(s)
	require.NoError(t, err)
	clock = clock.Add(40 * time.Minute)
	for _, tc := range []struct {
		status, lines int
	}{{200, 1}, {404, 1}, {500, 0}} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", "__Host-session="+value)
		m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			assert.Equal(t, 1, session(r).GetInt("n"))
			w.WriteHeader(tc.status)
		})).ServeHTTP(w, r)
		require.Len(t, w.Result().Cookies(), tc.lines)
		if tc.lines == 1 {
			assert.Equal(t, 3600, w.Result().Cookies()[0].MaxAge)
		}
	}
	assert.Empty(t, heard.take(), "nothing of the user's was lost")
}

// A session at the limit grows by a byte or two when its idle clock is
// renewed. That must not cost the visitor a page that only reads.
func TestARenewalThatDoesNotFitKeepsTheCookie(t *testing.T) {
	clock := time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)
	codec := newCodec(t, cookiesession.Options{Idle: time.Hour, Now: func() time.Time { return clock }})
	var value string
	for n := 2900; ; n++ { // the largest that fits
		s := codec.New(context.Background())
		s.Set("k", big()[:n])
		sealed, err := codec.Seal(s)
		if err != nil {
			break
		}
		value = sealed.Value
	}
	clock = clock.Add(40 * time.Minute)
	var heard events
	m := newSessions(t, codec, heard.hooks(middleware.Options{}))
	ask := func(handler http.Handler) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", "__Host-session="+value)
		handler.ServeHTTP(w, r)
		return w
	}
	reads := func(w http.ResponseWriter, r *http.Request) {
		s := m.Load(r)
		assert.True(t, s.Has("k"))
		io.WriteString(w, "read")
	}
	saves := func(w http.ResponseWriter, r *http.Request) {
		s := m.Load(r)
		assert.True(t, s.Has("k"))
		assert.NoError(t, m.Save(w, r, s))
		io.WriteString(w, "read")
	}
	for name, handler := range map[string]http.Handler{
		"with the middleware": m.Handler(http.HandlerFunc(reads)),
		"without":             http.HandlerFunc(saves),
	} {
		w := ask(handler)
		assert.Equal(t, 200, w.Code, name)
		assert.Equal(t, "read", w.Body.String(), name)
		assert.Empty(t, w.Header()["Set-Cookie"], name)
		assert.Equal(t, "Cookie", w.Header().Get("Vary"), name)
		list := heard.take()
		require.Len(t, list, 1, name)
		assert.Contains(t, list[0], "skip: middleware: the idle time of a session was not renewed: cookiesession: session too large", name)
	}
	w := ask(m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { session(r).Set("more", 1) })))
	assert.Equal(t, 500, w.Code, "a change that does not fit is still loud")
}
