package sessiontest_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/middleware"
	"github.com/cookiesession/go/middleware/sessiontest"
)

// A recorder stands in for a test that may fail.
type recorder struct {
	testing.TB
	mu     sync.Mutex
	heard  []string
	helper bool
}

func (r *recorder) add(kind, format string, args []any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard = append(r.heard, kind+": "+fmt.Sprintf(format, args...))
}

func (r *recorder) Helper()                           { r.helper = true }
func (r *recorder) Logf(format string, args ...any)   { r.add("log", format, args) }
func (r *recorder) Errorf(format string, args ...any) { r.add("error", format, args) }
func (r *recorder) Fatalf(format string, args ...any) {
	r.add("fatal", format, args)
	runtime.Goexit()
}

// ended is what a test hears that Fatalf ends.
func ended(t *testing.T, test func(tb testing.TB)) string {
	t.Helper()
	tb := &recorder{TB: t}
	returned := false
	var wg sync.WaitGroup
	wg.Go(func() {
		test(tb)
		returned = true
	})
	wg.Wait()
	assert.False(t, returned)
	assert.True(t, tb.helper)
	require.Len(t, tb.heard, 1)
	return tb.heard[0]
}

// big does not fit a cookie, whatever is done to it.
func big() string {
	var b strings.Builder
	for b.Len() < 5000 {
		b.WriteString(keys.Generate().Reveal())
	}
	return b.String()
}

func session(r *http.Request) *cookiesession.Session {
	return cookiesession.FromContext(r.Context())
}

func get(path string) *http.Request { return httptest.NewRequest("GET", path, nil) }

// look is a handler that only looks at the session.
var look = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { session(r).Len() })

func TestMistakesInOptionsEndTheTest(t *testing.T) {
	assert.Contains(t, ended(t, func(tb testing.TB) {
		sessiontest.New(tb, cookiesession.Options{Name: "a b"}, middleware.Options{})
	}), "fatal: sessiontest: cookiesession: Options.Name")
	assert.Contains(t, ended(t, func(tb testing.TB) {
		sessiontest.New(tb, cookiesession.Options{}, middleware.Options{Attributes: middleware.Attributes{Domain: "example.com"}})
	}), "fatal: sessiontest: middleware: a cookie named __Host-session has no Domain")
}

func TestASessionThatDoesNotFitEndsTheTest(t *testing.T) {
	heard := ended(t, func(tb testing.TB) {
		sessions := sessiontest.New(tb, cookiesession.Options{}, middleware.Options{})
		sessiontest.NewClient(tb, sessions, map[string]any{"big": big()})
	})
	assert.Contains(t, heard, "fatal: sessiontest: the client's session cannot be written")
	assert.Contains(t, heard, "4093")
}

func TestSessionsOfOtherKeysEndTheTest(t *testing.T) {
	theirs := sessiontest.New(t, cookiesession.Options{}, middleware.Options{})
	set := theirs.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { session(r).Set("n", 1) }))
	heard := ended(t, func(tb testing.TB) {
		client := sessiontest.NewClient(tb, sessiontest.New(tb, cookiesession.Options{}, middleware.Options{}), nil)
		client.Do(set, get("/"))
		client.Session()
	})
	assert.Contains(t, heard, "fatal: sessiontest: the client holds a session cookie that does not open")
	assert.Contains(t, heard, "do its Sessions have the keys and options of the handler's?")
}

func TestWhatStrictFails(t *testing.T) {
	for _, tc := range []struct {
		name, cookie string
		handler      http.HandlerFunc
		status       int
		heard        string
	}{
		{"nothing", "", func(_ http.ResponseWriter, r *http.Request) { session(r).Set("n", 1) }, 200, ""},
		{"reject", "__Host-session=%", look, 200, "error: sessiontest: GET /path: a session cookie did not open"},
		{"error", "", func(_ http.ResponseWriter, r *http.Request) { session(r).Set("big", big()) }, 500,
			"error: sessiontest: GET /path: the session could not be written"},
		{"late", "", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			session(r).Set("n", 1)
		}, 200, "error: sessiontest: GET /path: the session was used too late"},
		{"skip", "", func(w http.ResponseWriter, r *http.Request) {
			session(r).Set("n", 1)
			w.WriteHeader(502)
		}, 502, "error: sessiontest: GET /path: the session was not written"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tb := &recorder{TB: t}
			sessions := sessiontest.New(tb, cookiesession.Options{}, middleware.Options{})
			r := get("/path")
			r.Header.Set("Cookie", tc.cookie)
			w := sessiontest.NewClient(tb, sessions, nil).Do(sessions.Handler(tc.handler), r)
			assert.Equal(t, tc.status, w.Code)
			if tc.heard == "" {
				assert.Empty(t, tb.heard)
				return
			}
			require.Len(t, tb.heard, 1)
			assert.Contains(t, tb.heard[0], tc.heard)

			// The same where the user has set the hooks.
			tb = &recorder{TB: t}
			heard := 0
			hook := func(*http.Request, error) { heard++ }
			opts := sessiontest.Strict(tb, middleware.Options{
				SameSite: http.SameSiteStrictMode,
				OnReject: hook, OnLate: hook, OnSkip: hook,
				OnError: func(_ http.ResponseWriter, r *http.Request, err error) { hook(r, err) },
			})
			assert.Equal(t, http.SameSiteStrictMode, opts.SameSite)
			sessions = sessiontest.New(tb, cookiesession.Options{}, opts)
			sessiontest.NewClient(tb, sessions, nil).Do(sessions.Handler(tc.handler), r)
			assert.Empty(t, tb.heard)
			assert.Equal(t, 1, heard)
		})
	}
}

// A cookie without Max-Age is sent until the browser closes; the server alone
// knows that it has expired.
func TestAnExpiredCookieIsOnlyLogged(t *testing.T) {
	var clock sessiontest.Clock
	tb := &recorder{TB: t}
	sessions := sessiontest.New(tb, cookiesession.Options{Now: clock.Now}, middleware.Options{})
	client := sessiontest.NewClient(tb, sessions, nil)
	w := client.Do(sessions.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		session(r).Set("n", 1)
		session(r).ExpireAtBrowserClose()
	})), get("/"))
	assert.Zero(t, w.Result().Cookies()[0].MaxAge)
	clock.Advance(15 * 24 * time.Hour)
	assert.Len(t, client.Cookies(&url.URL{Path: "/"}), 1)
	assert.True(t, client.Session().IsEmpty())
	client.Do(sessions.Handler(look), get("/"))
	require.Len(t, tb.heard, 1)
	assert.Contains(t, tb.heard[0], "log: sessiontest: GET /: cookiesession: cookie refused: expired")
}

// What the client holds after each kind of response.
func TestSession(t *testing.T) {
	for _, tc := range []struct {
		name    string
		handler http.HandlerFunc
		lines   int // of Set-Cookie
		keys    []string
		sameID  bool
	}{
		{"untouched", func(http.ResponseWriter, *http.Request) {}, 0, []string{"n"}, true},
		{"looked at", look, 0, []string{"n"}, true},
		{"changed", func(_ http.ResponseWriter, r *http.Request) { session(r).Set("m", 1) }, 1, []string{"m", "n"}, true},
		{"renewed", func(_ http.ResponseWriter, r *http.Request) { session(r).Renew() }, 1, []string{"n"}, false},
		{"emptied", func(_ http.ResponseWriter, r *http.Request) { session(r).Delete("n") }, 1, []string{}, false},
		{"flushed at 500", func(w http.ResponseWriter, r *http.Request) {
			session(r).Flush()
			w.WriteHeader(500)
		}, 1, []string{}, false},
		{"ended", func(_ http.ResponseWriter, r *http.Request) { session(r).ExpireAfter(0) }, 1, []string{}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sessions := sessiontest.New(t, cookiesession.Options{}, middleware.Options{})
			client := sessiontest.NewClient(t, sessions, map[string]any{"n": 1})
			id := client.Session().ID()
			assert.Len(t, id, 16)
			r := get("/")
			w := client.Do(sessions.Handler(tc.handler), r)
			assert.Empty(t, r.Header, "the request is left as it is")
			assert.Len(t, w.Result().Cookies(), tc.lines)
			s := client.Session()
			assert.Equal(t, tc.keys, s.Keys())
			assert.Equal(t, tc.sameID, s.ID() == id)
			if len(tc.keys) == 0 {
				assert.Empty(t, s.ID())
				assert.Empty(t, client.Cookies(&url.URL{Path: "/"}))
			}
		})
	}
}

func TestAClientWithoutASession(t *testing.T) {
	sessions := sessiontest.New(t, cookiesession.Options{}, middleware.Options{})
	for _, values := range []map[string]any{nil, {}} {
		client := sessiontest.NewClient(t, sessions, values)
		assert.Empty(t, client.Cookies(&url.URL{Path: "/"}))
		assert.True(t, client.Session().IsEmpty())
	}
}

func TestChangesOfTheSessionReturnedGoNowhere(t *testing.T) {
	sessions := sessiontest.New(t, cookiesession.Options{}, middleware.Options{})
	client := sessiontest.NewClient(t, sessions, nil)
	client.Do(sessions.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		session(r).AddFlash("success", "saved")
	})), get("/"))
	for range 2 {
		assert.Len(t, client.Session().Flashes(), 1)
	}
}

func TestTwoClientsAreTwoBrowsers(t *testing.T) {
	sessions := sessiontest.New(t, cookiesession.Options{}, middleware.Options{})
	one := sessiontest.NewClient(t, sessions, map[string]any{"n": 1})
	two := sessiontest.NewClient(t, sessions, map[string]any{"n": 2})
	one.Do(sessions.Handler(shop()), httptest.NewRequest("POST", "/sign-out", nil))
	assert.True(t, one.Session().IsEmpty())
	assert.Equal(t, 2, two.Session().GetInt("n"))
}

// Whatever the middleware does to names and attributes, the client follows.
func TestOptionsOfTheMiddleware(t *testing.T) {
	for _, tc := range []struct {
		name  string
		codec cookiesession.Options
		opts  middleware.Options
	}{
		{"without TLS", cookiesession.Options{}, middleware.Options{InsecureAllowHTTP: true}},
		{"domain", cookiesession.Options{Name: "s"}, middleware.Options{Attributes: middleware.Attributes{Domain: "shop.example"}}},
		{"path", cookiesession.Options{Name: "s"}, middleware.Options{Attributes: middleware.Attributes{Path: "/shop"}}},
		{"former path and domain", cookiesession.Options{Name: "s"}, middleware.Options{
			Attributes: middleware.Attributes{Path: "/shop"},
			Former:     []middleware.Attributes{{}, {Domain: "shop.example"}, {Path: "/", Partitioned: true}},
		}},
		{"former domain", cookiesession.Options{Name: "s"}, middleware.Options{Former: []middleware.Attributes{{Domain: "shop.example"}}}},
		{"former, not partitioned", cookiesession.Options{}, middleware.Options{
			Attributes: middleware.Attributes{Partitioned: true},
			Former:     []middleware.Attributes{{}},
		}},
		{"encrypted", cookiesession.Options{Protection: cookiesession.Encrypted}, middleware.Options{SameSite: http.SameSiteNoneMode}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sessions := sessiontest.New(t, tc.codec, tc.opts)
			client := sessiontest.NewClient(t, sessions, map[string]any{"n": 1})
			client.Do(sessions.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				session(r).Set("n", session(r).GetInt("n")+1)
			})), get("/shop"))
			assert.Equal(t, 2, client.Session().GetInt("n"))
		})
	}
}

// A copy with attributes from before goes when the cookie is written.
func TestFormerCopiesGo(t *testing.T) {
	opts := cookiesession.Options{Name: "s"}
	sessions := sessiontest.New(t, opts, middleware.Options{
		Attributes: middleware.Attributes{Path: "/shop"},
		Former:     []middleware.Attributes{{Path: "/"}},
	})
	client := sessiontest.NewClient(t, sessions, map[string]any{"n": 1})
	shopOnly := client.Cookies(&url.URL{Path: "/shop"})
	require.Len(t, shopOnly, 1)
	client.SetCookies(&url.URL{Path: "/"}, []*http.Cookie{{Name: "s", Value: shopOnly[0].Value, Path: "/"}})
	require.Len(t, client.Cookies(&url.URL{Path: "/shop"}), 2)
	client.Do(sessions.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		session(r).Set("n", 2)
	})), get("/shop"))
	assert.Len(t, client.Cookies(&url.URL{Path: "/shop"}), 1)
	assert.Equal(t, 2, client.Session().GetInt("n"))
}

func TestCookiesOfTheSite(t *testing.T) {
	var clock sessiontest.Clock
	sessions := sessiontest.New(t, cookiesession.Options{Now: clock.Now}, middleware.Options{})
	client := sessiontest.NewClient(t, sessions, nil)
	set := func(lines ...string) {
		client.Do(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Set-Cookie"] = lines
		}), get("/a/page"))
	}
	sent := func(path string) string {
		var line string
		client.Do(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { line = r.Header.Get("Cookie") }), get(path))
		return line
	}
	set("lang=de; Path=/; Secure", "page=1", "quoted=\"ab\"; Path=/q", "huge=1; Path=/h; Max-Age=9223372036854775807")
	assert.Equal(t, "lang=de", sent("/"))
	assert.Equal(t, "lang=de; page=1", sent("/a/other"))
	assert.Equal(t, "lang=de; page=1", sent("/a"))
	assert.Equal(t, "lang=de", sent("/ab"))
	assert.Equal(t, `lang=de; quoted="ab"`, sent("/q"))
	assert.Equal(t, "lang=de; huge=1", sent("/h"))
	set("lang=fr; Path=/; Max-Age=60", "page=; Max-Age=0", "gone=1; Path=/; Expires="+clock.Now().Add(-time.Hour).Format(http.TimeFormat))
	assert.Equal(t, "lang=fr", sent("/a/page"))
	set("lang=it; Path=/; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
	clock.Advance(59 * time.Second)
	assert.Equal(t, "lang=it", sent("/"))
	clock.Advance(time.Second)
	assert.Empty(t, sent("/"))
	set("lang=es; Path=/; Expires=" + clock.Now().Add(time.Hour).Format(http.TimeFormat))
	assert.Equal(t, "lang=es", sent("/"))
	clock.Advance(time.Hour)
	assert.Empty(t, sent("/"))

	// A request over a connection may have no path; a cookie set there is for all.
	client.SetCookies(&url.URL{Host: "127.0.0.1"}, []*http.Cookie{{Name: "root", Value: "1"}})
	assert.Len(t, client.Cookies(&url.URL{Host: "127.0.0.1"}), 1)
	assert.Equal(t, "root=1", sent("/"))
}

func TestClock(t *testing.T) {
	before := time.Now().Add(-time.Second)
	var clock sessiontest.Clock
	now := clock.Now()
	assert.True(t, now.After(before) && !now.After(time.Now()))
	assert.Zero(t, now.Nanosecond())
	assert.Equal(t, time.UTC, now.Location())
	clock.Advance(90 * time.Minute)
	assert.Equal(t, now.Add(90*time.Minute), clock.Now())
	clock.Advance(-2 * time.Hour)
	assert.Equal(t, now.Add(-30*time.Minute), clock.Now())
}

// The idle time moves on when the session is used, and ends when it is not.
func TestTimeMovesServerAndClient(t *testing.T) {
	var clock sessiontest.Clock
	sessions := sessiontest.New(t, cookiesession.Options{Idle: time.Hour, Now: clock.Now}, middleware.Options{})
	client := sessiontest.NewClient(t, sessions, map[string]any{"n": 1})
	for range 3 {
		clock.Advance(40 * time.Minute)
		client.Do(sessions.Handler(look), get("/"))
		assert.Equal(t, time.Hour, client.Session().ExpiresIn())
	}
	clock.Advance(time.Hour - time.Nanosecond)
	assert.Equal(t, 1, client.Session().GetInt("n"))
	clock.Advance(time.Nanosecond)
	assert.Empty(t, client.Cookies(&url.URL{Path: "/"}))
	assert.True(t, client.Session().IsEmpty())
}

func TestSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sessions := sessiontest.New(t, cookiesession.Options{}, middleware.Options{})
		client := sessiontest.NewClient(t, sessions, map[string]any{"n": 1})
		time.Sleep(14*24*time.Hour - time.Second)
		assert.Equal(t, 1, client.Session().GetInt("n"))
		time.Sleep(time.Second)
		assert.Empty(t, client.Cookies(&url.URL{Path: "/"}))
	})
}

// A function that loads and saves by itself, with Sessions that it keeps to
// itself: another one with the same keys stands in.
func TestWithoutMiddleware(t *testing.T) {
	ring, err := keys.NewRing(time.Time{}, keys.Entry{Key: keys.Generate()})
	require.NoError(t, err)
	newSessions := func() *middleware.Sessions {
		codec, err := cookiesession.NewCodec(ring, cookiesession.Options{})
		require.NoError(t, err)
		sessions, err := middleware.New(codec, sessiontest.Strict(t, middleware.Options{}))
		require.NoError(t, err)
		return sessions
	}
	theirs := newSessions()
	function := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := theirs.Load(r)
		s.Set("n", s.GetInt("n")+1)
		assert.NoError(t, theirs.Save(w, r, s))
	})
	client := sessiontest.NewClient(t, newSessions(), map[string]any{"n": 1})
	for range 2 {
		client.Do(function, get("/"))
	}
	assert.Equal(t, 3, client.Session().GetInt("n"))
}

// refusing is a codec of another kind: it writes nothing.
type refusing struct{ middleware.Codec }

func (refusing) Seal(*cookiesession.Session) (cookiesession.Sealed, error) {
	return cookiesession.Sealed{}, errors.New("refused")
}

func TestACodecOfAnotherKind(t *testing.T) {
	ring, err := keys.NewRing(time.Time{}, keys.Entry{Key: keys.Generate()})
	require.NoError(t, err)
	codec, err := cookiesession.NewCodec(ring, cookiesession.Options{})
	require.NoError(t, err)
	sessions, err := middleware.New(refusing{codec}, middleware.Options{})
	require.NoError(t, err)
	assert.Equal(t, "fatal: sessiontest: the client's session cannot be written: refused", ended(t, func(tb testing.TB) {
		sessiontest.NewClient(tb, sessions, map[string]any{"n": 1})
	}))
}

// A page that loads its parts at once.
func TestRequestsAtOnce(t *testing.T) {
	var clock sessiontest.Clock
	sessions := sessiontest.New(t, cookiesession.Options{Now: clock.Now}, middleware.Options{})
	client := sessiontest.NewClient(t, sessions, map[string]any{"n": 1})
	handler := sessions.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		session(r).Set("n", session(r).GetInt("n"))
	}))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			clock.Advance(time.Second)
			client.Do(handler, get("/"))
		})
	}
	wg.Wait()
	assert.Equal(t, 1, client.Session().GetInt("n"))
}
