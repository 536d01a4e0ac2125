package middleware_test

import (
	"context"
	"crypto/sha256"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/middleware"
)

func testRing(t testing.TB) *keys.Ring {
	t.Helper()
	secret := sha256.Sum256([]byte("test key of the middleware"))
	k, err := keys.NewKey(secret[:])
	require.NoError(t, err)
	ring, err := keys.NewRing(time.Time{}, keys.Entry{Key: k})
	require.NoError(t, err)
	return ring
}

func newCodec(t testing.TB, opts cookiesession.Options) *cookiesession.Codec {
	t.Helper()
	c, err := cookiesession.NewCodec(testRing(t), opts)
	require.NoError(t, err)
	return c
}

func cookieName(setCookie string) string {
	name, _, _ := strings.Cut(setCookie, "=")
	return name
}

func valueOf(t testing.TB, setCookie string) string {
	t.Helper()
	c, err := http.ParseSetCookie(setCookie)
	require.NoError(t, err)
	require.NotEmpty(t, c.Value)
	return c.Value
}

func replaced(line, value string) string { return strings.Replace(line, value, "VALUE", 1) }

// events are what the hooks heard.
type events struct {
	mu   sync.Mutex
	list []string
}

func (e *events) add(kind string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, kind+": "+err.Error())
}

func (e *events) take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := e.list
	e.list = nil
	return list
}

// hooks fills in options whose events are kept.
func (e *events) hooks(o middleware.Options) middleware.Options {
	o.OnReject = func(_ *http.Request, err error) { e.add("reject", err) }
	o.OnLate = func(_ *http.Request, err error) { e.add("late", err) }
	o.OnSkip = func(_ *http.Request, err error) { e.add("skip", err) }
	if o.OnError == nil {
		o.OnError = func(w http.ResponseWriter, _ *http.Request, err error) {
			e.add("error", err)
			http.Error(w, "too large or so", http.StatusInternalServerError)
		}
	}
	return o
}

// A site is a server with the middleware, over real connections, and the
// client that talks to it.
type site struct {
	*httptest.Server
	codec  *cookiesession.Codec
	events events
}

// silent is the log of servers whose handlers panic on purpose.
var silent = log.New(io.Discard, "", 0)

var protocols = []string{"HTTP/1.1", "HTTP/2.0"}

// serve starts a site on TLS. wrap stands between the server and the handler;
// by default it is the middleware alone.
func serve(t testing.TB, protocol string, opts middleware.Options, handler http.HandlerFunc, wrap ...func(http.Handler) http.Handler) *site {
	t.Helper()
	s := &site{codec: newCodec(t, cookiesession.Options{})}
	m, err := middleware.New(s.codec, s.events.hooks(opts))
	require.NoError(t, err)
	h := m.Handler(handler)
	for _, w := range wrap {
		h = w(h)
	}
	s.Server = httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = silent
	s.EnableHTTP2 = protocol == "HTTP/2.0"
	s.StartTLS()
	t.Cleanup(s.Close)
	s.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return s
}

// cookie is one that the site accepts, with the value 1 under "n".
func (s *site) cookie(t testing.TB) string {
	t.Helper()
	session := s.codec.New(context.Background())
	session.Set("n", 1)
	value, err := s.codec.Encode(session)
	require.NoError(t, err)
	return s.codec.Name() + "=" + value
}

// A reply is a response that was read whole.
type reply struct {
	*http.Response
	body string
	err  error
}

// get asks for a path with a Cookie header, if it is not empty.
func (s *site) get(t testing.TB, path, cookie string) reply {
	t.Helper()
	return s.do(t, "GET", path, cookie, nil)
}

func (s *site) do(t testing.TB, method, path, cookie string, header http.Header) reply {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.URL+path, nil)
	require.NoError(t, err)
	for name, values := range header {
		r.Header[name] = values
	}
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	resp, err := s.Client().Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return reply{resp, string(body), err}
}
