package sessiontest

import (
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/middleware"
)

// A Client is a browser with the cookies of one site: that of the session, and
// any others that the site sets. It is safe for concurrent use.
//
// It honours deletion, Max-Age, Expires and Path; time goes by the clock of
// its Sessions. All requests are taken to be requests of the same site, over
// HTTPS: Domain, Secure and SameSite keep no cookie back.
type Client struct {
	t        testing.TB
	sessions *middleware.Sessions

	mu      sync.Mutex
	cookies []held
}

// held is a cookie of the client.
type held struct {
	http.Cookie
	end time.Time // zero: when the browser closes
}

// NewClient returns a client that holds a session with the given values,
// encoded as [cookiesession.Session.SetAll] does; none if values is empty.
// sessions is the middleware of the handlers that the client will ask, or one
// with the same keys and options. A session that cannot be written ends the
// test.
func NewClient(t testing.TB, sessions *middleware.Sessions, values map[string]any) *Client {
	t.Helper()
	c := &Client{t: t, sessions: sessions}
	w, r := httptest.NewRecorder(), newRequest(nil)
	s := sessions.Load(r)
	s.SetAll(values)
	if err := sessions.Save(w, r, s); err != nil {
		t.Fatalf("sessiontest: the client's session cannot be written: %v", err)
	}
	c.SetCookies(r.URL, w.Result().Cookies())
	return c
}

// Do sends a request with the client's cookies to the handler, keeps the
// cookies of the response, and returns the response. r itself is left as it
// is. A redirect is not followed.
func (c *Client) Do(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	r = r.Clone(r.Context())
	for _, cookie := range c.Cookies(r.URL) {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	c.SetCookies(r.URL, w.Result().Cookies())
	return w
}

// Session returns the session that the client holds now, empty if it holds
// none. It is there to be looked at: a change in it, such as that of Flashes,
// goes nowhere.
//
// A cookie that does not open with the client's Sessions ends the test.
func (c *Client) Session() *cookiesession.Session {
	c.t.Helper()
	s := c.sessions.Load(newRequest(c.live(func(held) bool { return true })))
	s.Len() // opens it
	for _, err := range s.Rejected() {
		if !errors.Is(err, cookiesession.ErrExpired) {
			c.t.Fatalf("sessiontest: the client holds a session cookie that does not open: %v; "+
				"do its Sessions have the keys and options of the handler's?", err)
		}
	}
	return s
}

// SetCookies keeps the cookies of a response, as [http.CookieJar] wants it.
func (c *Client) SetCookies(u *url.URL, cookies []*http.Cookie) {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, set := range cookies {
		h := held{Cookie: *set}
		if !strings.HasPrefix(h.Path, "/") {
			h.Path = defaultPath(u.Path)
		}
		switch { // Max-Age goes before Expires (RFC 6265, section 5.3)
		case h.MaxAge != 0:
			h.end = now.Add(time.Duration(min(h.MaxAge, math.MaxInt32)) * time.Second)
		case !h.Expires.IsZero():
			h.end = h.Expires
		}
		c.cookies = slices.DeleteFunc(c.cookies, h.replaces)
		if h.lives(now) {
			c.cookies = append(c.cookies, h)
		}
	}
}

// Cookies returns the cookies for a request, as [http.CookieJar] wants it.
func (c *Client) Cookies(u *url.URL) []*http.Cookie {
	return c.live(func(h held) bool { return h.matches(u.Path) })
}

// live returns the cookies whose time is not over, of those chosen.
func (c *Client) live(chosen func(held) bool) []*http.Cookie {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	var cookies []*http.Cookie
	for _, h := range c.cookies {
		if chosen(h) && h.lives(now) {
			cookies = append(cookies, &http.Cookie{Name: h.Name, Value: h.Value, Quoted: h.Quoted})
		}
	}
	return cookies
}

// now is the time by the clock of the client's Sessions: a new session tells
// when it ends and in how long.
func (c *Client) now() time.Time {
	s := c.sessions.Load(newRequest(nil))
	return s.ExpiresAt().Add(-s.ExpiresIn())
}

// replaces reports whether a browser holds only one of the two.
func (h held) replaces(old held) bool {
	return h.Name == old.Name && h.Domain == old.Domain && h.Path == old.Path && h.Partitioned == old.Partitioned
}

func (h held) lives(now time.Time) bool { return h.end.IsZero() || now.Before(h.end) }

// matches is path-match of RFC 6265, section 5.1.4.
func (h held) matches(path string) bool {
	if path == "" {
		path = "/"
	}
	rest, ok := strings.CutPrefix(path, h.Path)
	return ok && (rest == "" || strings.HasSuffix(h.Path, "/") || rest[0] == '/')
}

// defaultPath is the path of a cookie that has none, of the same section.
func defaultPath(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}

// newRequest is one that no handler sees.
func newRequest(cookies []*http.Cookie) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	for _, cookie := range cookies {
		r.AddCookie(cookie)
	}
	return r
}
