package middleware_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/middleware"
)

func session(r *http.Request) *cookiesession.Session {
	return cookiesession.FromContext(r.Context())
}

// What a handler leads to, in TestHandlers.
const (
	nothing = ""
	set     = "set"
	deleted = "deleted"
)

// big does not fit a cookie, however it is packed.
func big() string {
	noise := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 9000)
	for i := range b {
		b[i] = byte(0x21 + noise.IntN(94))
	}
	return string(b)
}

// TestHandlers is the table of what reaches the client, whatever a handler
// does. Each row is asked for over HTTP/1.1 and HTTP/2, with TLS, by a client
// that holds a session with 1 under "n".
func TestHandlers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file.txt")
	require.NoError(t, os.WriteFile(file, []byte("content of the file"), 0o600))
	change := func(r *http.Request) { session(r).Set("n", 2) }
	const reading, writing = "private", "private, no-cache"

	for _, tc := range []struct {
		name    string
		handler http.HandlerFunc
		status  int
		body    string
		cookie  string // nothing, set or deleted
		cache   string // Cache-Control
		vary    bool
		events  []string // prefixes of what the hooks heard
		broken  bool     // the response ends in an error
	}{
		{name: "writes nothing, untouched", handler: func(http.ResponseWriter, *http.Request) {}, status: 200},
		{name: "writes a body, untouched", handler: func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") },
			status: 200, body: "hello"},
		{name: "reads, writes nothing", handler: func(_ http.ResponseWriter, r *http.Request) { session(r).Get("n") },
			status: 200, cache: reading, vary: true},
		{name: "looks with Len", handler: func(_ http.ResponseWriter, r *http.Request) { session(r).Len() },
			status: 200, cache: reading, vary: true},
		{name: "looks with Has", handler: func(_ http.ResponseWriter, r *http.Request) { session(r).Has("x") },
			status: 200, cache: reading, vary: true},
		{name: "reads, with a Cache-Control of its own", handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=5")
			session(r).Get("n")
		}, status: 200, cache: "max-age=5", vary: true},
		{name: "changes, writes nothing", handler: func(_ http.ResponseWriter, r *http.Request) { change(r) },
			status: 200, cookie: set, cache: writing, vary: true},
		{name: "changes, header only", handler: func(w http.ResponseWriter, r *http.Request) { change(r); w.WriteHeader(202) },
			status: 202, cookie: set, cache: writing, vary: true},
		{name: "changes, writes", handler: func(w http.ResponseWriter, r *http.Request) { change(r); w.Write([]byte("hello")) },
			status: 200, body: "hello", cookie: set, cache: writing, vary: true},
		{name: "changes, writes a string", handler: func(w http.ResponseWriter, r *http.Request) {
			change(r)
			n, err := w.(io.StringWriter).WriteString("hello")
			assert.NoError(t, err)
			assert.Equal(t, 5, n)
		}, status: 200, body: "hello", cookie: set, cache: writing, vary: true},
		{name: "changes, reads from", handler: func(w http.ResponseWriter, r *http.Request) {
			change(r)
			n, err := w.(io.ReaderFrom).ReadFrom(strings.NewReader("hello"))
			assert.NoError(t, err)
			assert.EqualValues(t, 5, n)
		}, status: 200, body: "hello", cookie: set, cache: writing, vary: true},
		{name: "changes, caches", handler: func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("Cache-Control", "public, max-age=60")
			h.Set("CDN-Cache-Control", "max-age=60")
			h.Set("Cloudflare-CDN-Cache-Control", "max-age=60")
			h.Set("Surrogate-Control", "max-age=60")
			change(r)
			w.WriteHeader(200)
		}, status: 200, cookie: set, cache: writing, vary: true},
		{name: "changes, no-store", handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "No-Store, max-age=0")
			change(r)
		}, status: 200, cookie: set, cache: "No-Store, max-age=0", vary: true},
		{name: "changes, flushes first", handler: func(w http.ResponseWriter, r *http.Request) {
			change(r)
			w.(http.Flusher).Flush()
			io.WriteString(w, "hello")
		}, status: 200, body: "hello", cookie: set, cache: writing, vary: true},
		{name: "changes, flushes with the controller", handler: func(w http.ResponseWriter, r *http.Request) {
			change(r)
			assert.NoError(t, http.NewResponseController(w).Flush())
		}, status: 200, cookie: set, cache: writing, vary: true},
		{name: "flushes first, changes late", handler: func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			change(r)
		}, status: 200, events: []string{"late: cookiesession: \"n\" was set after"}},
		{name: "looks, writes, changes late", handler: func(w http.ResponseWriter, r *http.Request) {
			session(r).Get("n")
			io.WriteString(w, "hello")
			change(r)
			session(r).Set("m", 3)
		}, status: 200, body: "hello", cache: reading, vary: true, events: []string{"late: cookiesession: \"n\" was set after"}},
		{name: "looks late", handler: func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "hello")
			session(r).Get("n")
		}, status: 200, body: "hello", events: []string{"late: cookiesession: the session was first looked at after"}},
		{name: "looks late, declared", handler: func(w http.ResponseWriter, r *http.Request) {
			middleware.Touch(r.Context())
			io.WriteString(w, "hello")
			session(r).Get("n")
		}, status: 200, body: "hello", cache: reading, vary: true},
		{name: "sends 103 first", handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.WriteHeader(103)
			w.WriteHeader(102)
			change(r)
			w.WriteHeader(200)
		}, status: 200, cookie: set, cache: writing, vary: true},
		{name: "streams events", handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			change(r)
			for i := range 3 {
				fmt.Fprintf(w, "data: %d\n\n", i)
				w.(http.Flusher).Flush()
			}
		}, status: 200, body: "data: 0\n\ndata: 1\n\ndata: 2\n\n", cookie: set, cache: writing, vary: true},
		{name: "sends a file", handler: func(w http.ResponseWriter, r *http.Request) { change(r); http.ServeFile(w, r, file) },
			status: 200, body: "content of the file", cookie: set, cache: writing, vary: true},
		{name: "204", handler: func(w http.ResponseWriter, r *http.Request) { change(r); w.WriteHeader(204) },
			status: 204, cookie: set, cache: writing, vary: true},
		{name: "304", handler: func(w http.ResponseWriter, r *http.Request) { change(r); w.WriteHeader(304) },
			status: 304, cookie: set, cache: writing, vary: true},
		{name: "redirects", handler: func(w http.ResponseWriter, r *http.Request) {
			change(r)
			http.Redirect(w, r, "/next", http.StatusSeeOther)
		},
			status: 303, body: "<a href=\"/next\">See Other</a>.\n\n", cookie: set, cache: writing, vary: true},
		{name: "404", handler: func(w http.ResponseWriter, r *http.Request) { change(r); http.NotFound(w, r) },
			status: 404, body: "404 page not found\n", cookie: set, cache: writing, vary: true},
		{name: "500 after a change", handler: func(w http.ResponseWriter, r *http.Request) { change(r); http.Error(w, "broken", 500) },
			status: 500, body: "broken\n", cache: reading, vary: true, events: []string{"skip: middleware: a changed session was not written: the status was 500"}},
		{name: "503 after a flush", handler: func(w http.ResponseWriter, r *http.Request) { session(r).Flush(); w.WriteHeader(503) },
			status: 503, cookie: deleted, cache: writing, vary: true},
		{name: "500 after emptying", handler: func(w http.ResponseWriter, r *http.Request) { session(r).Delete("n"); w.WriteHeader(500) },
			status: 500, cookie: deleted, cache: writing, vary: true},
		{name: "500 after a flush and a new session", handler: func(w http.ResponseWriter, r *http.Request) {
			session(r).Flush()
			session(r).AddFlash("info", "You are signed out.")
			w.WriteHeader(500)
		}, status: 500, cookie: deleted, cache: writing, vary: true, events: []string{"skip: middleware: a changed session was not written: the status was 500"}},
		{name: "too large after a flush", handler: func(_ http.ResponseWriter, r *http.Request) {
			session(r).Flush()
			session(r).Set("big", big())
		}, status: 500, body: "too large or so\n", cookie: deleted, cache: "no-store", vary: true, events: []string{"error: cookiesession: session too large"}},
		{name: "500 after what does not fit", handler: func(w http.ResponseWriter, r *http.Request) {
			session(r).Set("big", big())
			w.WriteHeader(500)
		}, status: 500, cache: reading, vary: true, events: []string{"skip: middleware: a changed session was not written: the status was 500, and: cookiesession: session too large"}},
		{name: "flushes the session", handler: func(_ http.ResponseWriter, r *http.Request) { session(r).Flush() },
			status: 200, cookie: deleted, cache: writing, vary: true},
		{name: "sets the cookie itself, too", handler: func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "__Host-session", Value: "mine"})
			http.SetCookie(w, &http.Cookie{Name: "other", Value: "stays"})
			change(r)
		}, status: 200, cookie: set, cache: writing, vary: true},
		{name: "varies already", handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Vary", "Accept, cookie")
			session(r).Get("n")
		}, status: 200, cache: reading, vary: true},
		{name: "two goroutines", handler: func(_ http.ResponseWriter, r *http.Request) {
			n := cookiesession.Field[int]("n")
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() {
					assert.NoError(t, n.Update(session(r), func(v *int) error { *v++; return nil }))
				})
			}
			wg.Wait()
			assert.Equal(t, 3, n.Get(session(r)))
		}, status: 200, cookie: set, cache: writing, vary: true},
		{name: "too large", handler: func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			for name, v := range map[string]string{"Location": "/next", "Content-Type": "image/png", "Content-Length": "1",
				"ETag": `"x"`, "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT", "Cache-Control": "public, max-age=60",
				"Content-Encoding": "br", "CDN-Cache-Control": "max-age=60", "X-Request-Id": "7",
				"Content-Disposition": "attachment", "Expires": "Sun, 06 Nov 2094 08:49:37 GMT", "X-Accel-Expires": "60",
				"Content-Security-Policy": "default-src 'none'"} {
				h.Set(name, v)
			}
			session(r).Set("big", big())
			w.WriteHeader(303)
			_, err := io.WriteString(w, "never sent")
			var tooLarge *cookiesession.TooLargeError
			assert.ErrorAs(t, err, &tooLarge)
			_, err = w.Write([]byte("never sent"))
			assert.Error(t, err)
			_, err = w.(io.ReaderFrom).ReadFrom(strings.NewReader("never sent"))
			assert.Error(t, err)
			assert.Error(t, http.NewResponseController(w).Flush())
		}, status: 500, body: "too large or so\n", cache: "no-store", vary: true, events: []string{"error: cookiesession: session too large"}},
		{name: "too large, at the return", handler: func(_ http.ResponseWriter, r *http.Request) { session(r).Set("big", big()) },
			status: 500, body: "too large or so\n", cache: "no-store", vary: true, events: []string{"error: cookiesession: session too large"}},
		{name: "too large, at a flush", handler: func(w http.ResponseWriter, r *http.Request) {
			session(r).Set("big", big())
			w.(http.Flusher).Flush()
		}, status: 500, body: "too large or so\n", cache: "no-store", vary: true, events: []string{"error: cookiesession: session too large"}},
		{name: "a value that cannot be encoded", handler: func(w http.ResponseWriter, r *http.Request) {
			session(r).Set("f", func() {})
			io.WriteString(w, "never sent")
		}, status: 500, body: "too large or so\n", cache: "no-store", vary: true, events: []string{`error: cookiesession: set "f"`}},
		{name: "panics first", handler: func(_ http.ResponseWriter, r *http.Request) { change(r); panic("on purpose") },
			broken: true, events: []string{"skip: middleware: a changed session was not written: the handler panicked"}},
		{name: "aborts", handler: func(_ http.ResponseWriter, r *http.Request) { session(r).Get("n"); panic(http.ErrAbortHandler) },
			broken: true},
		{name: "panics last", handler: func(w http.ResponseWriter, r *http.Request) {
			change(r)
			w.(http.Flusher).Flush()
			panic("on purpose")
		}, status: 200, cookie: set, cache: writing, vary: true, broken: true},
		{name: "around http.TimeoutHandler", handler: func(w http.ResponseWriter, r *http.Request) {
			http.TimeoutHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				change(r)
				io.WriteString(w, "in time")
			}), time.Minute, "").ServeHTTP(w, r)
		}, status: 200, body: "in time", cookie: set, cache: writing, vary: true},
	} {
		for _, protocol := range protocols {
			t.Run(tc.name+"/"+protocol, func(t *testing.T) {
				t.Parallel()
				s := serve(t, protocol, middleware.Options{}, tc.handler)
				for range 2 { // the second time on the same connection
					r := s.get(t, "/", s.cookie(t))
					if tc.broken {
						require.Error(t, r.err)
					} else {
						require.NoError(t, r.err)
					}
					if r.Response != nil {
						assert.Equal(t, protocol, r.Proto)
						assert.Equal(t, tc.status, r.StatusCode)
						assert.Equal(t, tc.body, r.body)
						assert.Equal(t, tc.cache, r.Header.Get("Cache-Control"))
						assert.Equal(t, tc.vary, strings.Contains(strings.ToLower(strings.Join(r.Header["Vary"], ",")), "cookie"))
						assert.LessOrEqual(t, len(r.Header["Vary"]), 1)
						checkCookie(t, s, r, tc.cookie)
						if tc.cookie == set || tc.status == 500 {
							for name := range r.Header {
								assert.NotContains(t, name, "Cdn-Cache-Control")
							}
							assert.NotContains(t, r.Header, "Surrogate-Control")
						}
						if tc.name == "too large" {
							assert.Equal(t, "text/plain; charset=utf-8", r.Header.Get("Content-Type"))
							assert.Equal(t, "7", r.Header.Get("X-Request-Id"), "others stay")
							assert.Equal(t, "default-src 'none'", r.Header.Get("Content-Security-Policy"))
							for _, name := range []string{"Location", "Etag", "Last-Modified", "Content-Encoding",
								"Content-Disposition", "Expires", "X-Accel-Expires"} {
								assert.NotContains(t, r.Header, name)
							}
						}
					}
					heard := s.events.take()
					require.Len(t, heard, len(tc.events), "%q", heard)
					for i, want := range tc.events {
						assert.True(t, strings.HasPrefix(heard[i], want), heard[i])
					}
				}
			})
		}
	}
}

// checkCookie holds what a response does to the cookie, and that what it sets
// opens.
func checkCookie(t *testing.T, s *site, r reply, want string) {
	t.Helper()
	var ours []*http.Cookie
	for _, c := range r.Cookies() {
		if c.Name == s.codec.Name() {
			ours = append(ours, c)
		}
	}
	if want == nothing {
		assert.Empty(t, ours)
		return
	}
	require.Len(t, ours, 1, "never two lines for one cookie")
	c := ours[0]
	assert.True(t, c.Secure && c.HttpOnly && c.SameSite == http.SameSiteLaxMode && c.Path == "/" && c.Domain == "")
	if want == deleted {
		assert.Equal(t, -1, c.MaxAge)
		assert.Empty(t, c.Value)
		return
	}
	assert.InDelta(t, 14*24*60*60, c.MaxAge, 120, "a slow machine may take a while")
	opened, err := s.codec.Decode(t.Context(), c.Value)
	require.NoError(t, err)
	assert.Contains(t, []int{2, 3}, opened.GetInt("n"))
}

func TestInformationalResponsesPass(t *testing.T) {
	for _, protocol := range protocols {
		s := serve(t, protocol, middleware.Options{}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.WriteHeader(103)
			session(r).Set("n", 2)
			w.WriteHeader(200)
		})
		var early []int
		trace := &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
			early = append(early, code)
			assert.Equal(t, "</style.css>; rel=preload", h.Get("Link"))
			assert.Empty(t, h["Set-Cookie"], "103 does not save")
			return nil
		}}
		r, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), "GET", s.URL, nil)
		require.NoError(t, err)
		resp, err := s.Client().Do(r)
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, []int{103}, early)
		assert.Len(t, resp.Header["Set-Cookie"], 1)
	}
}

// dial opens a connection to write HTTP/1.1 on by hand.
func (s *site) dial(t testing.TB, request string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conf := s.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	conf.NextProtos = []string{"http/1.1"}
	conf.ServerName = "example.com"
	conn, err := tls.Dial("tcp", s.Listener.Addr().String(), conf)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	return conn, bufio.NewReader(conn)
}

func TestUpgradeWith101Saves(t *testing.T) {
	s := serve(t, "HTTP/1.1", middleware.Options{}, func(w http.ResponseWriter, r *http.Request) {
		session(r).Set("n", 2)
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "echo")
		w.WriteHeader(101)
		conn, rw, err := http.NewResponseController(w).Hijack()
		if !assert.NoError(t, err) {
			return
		}
		defer conn.Close()
		line, _ := rw.ReadString('\n')
		io.WriteString(conn, "echo "+line)
	})
	conn, br := s.dial(t, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\nCookie: "+s.cookie(t)+"\r\n\r\n")
	resp, err := http.ReadResponse(br, nil)
	require.NoError(t, err)
	assert.Equal(t, 101, resp.StatusCode)
	assert.Len(t, resp.Header["Set-Cookie"], 1)
	io.WriteString(conn, "hello\n")
	line, err := br.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "echo hello\n", line)
	assert.Empty(t, s.events.take())
}

func TestHijackSavesNothingAndSaysSo(t *testing.T) {
	for _, tc := range []struct {
		name   string
		do     func(*cookiesession.Session)
		after  func(*cookiesession.Session)
		events []string
	}{
		{"untouched", nil, nil, nil},
		{"read", func(s *cookiesession.Session) { s.Get("n") }, func(s *cookiesession.Session) { s.Get("n") }, nil},
		{"changed", func(s *cookiesession.Session) { s.Set("n", 2) }, nil, []string{"skip: middleware: a changed session was not written: the connection was hijacked"}},
		{"flushed", (*cookiesession.Session).Flush, nil, []string{"skip: middleware: a changed session was not written: the connection was hijacked"}},
		{"unencodable", func(s *cookiesession.Session) { s.Set("f", func() {}) }, nil, []string{"skip: middleware: a changed session was not written: the connection was hijacked, and:"}},
		{"changed late", func(s *cookiesession.Session) { s.Get("n") }, func(s *cookiesession.Session) { s.Set("n", 2) }, []string{"late: cookiesession:"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := serve(t, "HTTP/1.1", middleware.Options{}, func(w http.ResponseWriter, r *http.Request) {
				if tc.do != nil {
					tc.do(session(r))
				}
				conn, _, err := w.(http.Hijacker).Hijack()
				if !assert.NoError(t, err) {
					return
				}
				defer conn.Close()
				if tc.after != nil {
					tc.after(session(r))
				}
				io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			})
			_, br := s.dial(t, "GET / HTTP/1.1\r\nHost: x\r\nCookie: "+s.cookie(t)+"\r\n\r\n")
			resp, err := http.ReadResponse(br, nil)
			require.NoError(t, err)
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			assert.Equal(t, "ok", string(body))
			assert.Empty(t, resp.Header["Set-Cookie"])
			heard := s.events.take()
			require.Len(t, heard, len(tc.events), "%q", heard)
			for i, want := range tc.events {
				assert.True(t, strings.HasPrefix(heard[i], want), heard[i])
			}
		})
	}
	t.Run("HTTP/2 has no Hijack", func(t *testing.T) {
		s := serve(t, "HTTP/2.0", middleware.Options{}, func(w http.ResponseWriter, r *http.Request) {
			session(r).Set("n", 2)
			_, _, err := http.NewResponseController(w).Hijack()
			assert.ErrorIs(t, err, http.ErrNotSupported)
			io.WriteString(w, "as ever")
		})
		r := s.get(t, "/", s.cookie(t))
		assert.Equal(t, "as ever", r.body)
		checkCookie(t, s, r, set)
	})
}

// A stream is not held back: what the handler flushed is there before it goes on.
func TestNothingIsBuffered(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			goOn := make(chan struct{})
			s := serve(t, protocol, middleware.Options{}, func(w http.ResponseWriter, r *http.Request) {
				session(r).Set("n", 2)
				io.WriteString(w, "first\n")
				w.(http.Flusher).Flush()
				select {
				case <-goOn:
				case <-r.Context().Done():
				}
				io.WriteString(w, "second\n")
			})
			r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL, nil)
			require.NoError(t, err)
			resp, err := s.Client().Do(r)
			require.NoError(t, err)
			defer resp.Body.Close()
			br := bufio.NewReader(resp.Body)
			line, err := br.ReadString('\n')
			require.NoError(t, err)
			assert.Equal(t, "first\n", line)
			close(goOn)
			rest, err := io.ReadAll(br)
			require.NoError(t, err)
			assert.Equal(t, "second\n", string(rest))
		})
	}
}

func TestTimeoutHandlerInside(t *testing.T) {
	late := make(chan struct{})
	s := serve(t, "HTTP/1.1", middleware.Options{}, func(w http.ResponseWriter, r *http.Request) {
		http.TimeoutHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			session(r).Set("n", 2)
			<-r.Context().Done()
			<-late
			session(r).Set("n", 3)
			late <- struct{}{}
		}), time.Millisecond, "too slow").ServeHTTP(w, r)
	})
	r := s.get(t, "/", s.cookie(t))
	assert.Equal(t, 503, r.StatusCode)
	assert.Equal(t, "too slow", r.body)
	checkCookie(t, s, r, nothing)
	heard := s.events.take()
	require.Len(t, heard, 1)
	assert.Contains(t, heard[0], "skip: middleware: a changed session was not written: the status was 503")
	late <- struct{}{}
	<-late
	heard = s.events.take()
	require.Len(t, heard, 1, "the goroutine that outlived the request is heard, too")
	assert.Contains(t, heard[0], "late:")
}

func TestTimeoutHandlerOutside(t *testing.T) {
	release := make(chan struct{})
	s := serve(t, "HTTP/1.1", middleware.Options{}, func(w http.ResponseWriter, r *http.Request) {
		session(r).Set("n", 2)
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
			<-release
		}
		_, err := io.WriteString(w, "in time")
		assert.Equal(t, r.URL.Path == "/slow", errors.Is(err, http.ErrHandlerTimeout))
		if r.URL.Path == "/slow" {
			release <- struct{}{}
		}
	}, func(next http.Handler) http.Handler {
		slow := http.TimeoutHandler(next, time.Millisecond, "too slow")
		fast := http.TimeoutHandler(next, time.Minute, "too slow")
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				slow.ServeHTTP(w, r)
			} else {
				fast.ServeHTTP(w, r)
			}
		})
	})
	r := s.get(t, "/", s.cookie(t))
	assert.Equal(t, "in time", r.body)
	checkCookie(t, s, r, set)
	r = s.get(t, "/slow", s.cookie(t))
	assert.Equal(t, 503, r.StatusCode)
	checkCookie(t, s, r, nothing)
	assert.Empty(t, s.events.take())
	release <- struct{}{}
	<-release
	heard := s.events.take()
	require.Len(t, heard, 1)
	assert.Contains(t, heard[0], "skip: middleware: a changed session was not written: the handler timed out")
}

// A middleware outside that recovers answers with our header: a sign-out is in it.
func TestPanicUnderARecoveringMiddleware(t *testing.T) {
	recovering := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if recover() != nil {
					http.Error(w, "recovered", 500)
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
	s := serve(t, "HTTP/1.1", middleware.Options{}, func(_ http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/flush":
			session(r).Flush()
		case "/flush-and-set":
			session(r).Flush()
			session(r).Set("n", 2)
		default:
			session(r).Set("n", 2)
		}
		panic("on purpose")
	}, recovering)
	r := s.get(t, "/", s.cookie(t))
	assert.Equal(t, 500, r.StatusCode)
	checkCookie(t, s, r, nothing)
	assert.Len(t, s.events.take(), 1)
	for _, path := range []string{"/flush", "/flush-and-set"} {
		r = s.get(t, path, s.cookie(t))
		assert.Equal(t, 500, r.StatusCode)
		checkCookie(t, s, r, deleted)
	}
	s.events.take()
	s.get(t, "/", s.codec.Name()+"=%")
	heard := s.events.take()
	require.Len(t, heard, 2)
	assert.Contains(t, heard[1], "reject: ", "a panic hides no refused cookie")
}

func TestAStatusThatIsNoneIsNotTheEnd(t *testing.T) {
	for _, status := range []int{-1, 0, 99, 1000} {
		s := serve(t, "HTTP/1.1", middleware.Options{}, func(w http.ResponseWriter, r *http.Request) {
			session(r).Set("n", 2)
			assert.Panics(t, func() { w.WriteHeader(status) }, "net/http refuses it")
			w.WriteHeader(202)
		})
		r := s.get(t, "/", s.cookie(t))
		assert.Equal(t, 202, r.StatusCode)
		checkCookie(t, s, r, set)
	}
}

func TestOnErrorThatWritesNothing(t *testing.T) {
	s := serve(t, "HTTP/1.1", middleware.Options{OnError: func(http.ResponseWriter, *http.Request, error) {}},
		func(_ http.ResponseWriter, r *http.Request) { session(r).Set("f", func() {}) })
	r := s.get(t, "/", "")
	assert.Equal(t, 500, r.StatusCode)
	assert.Empty(t, r.body)

	s = serve(t, "HTTP/1.1", middleware.Options{OnError: func(w http.ResponseWriter, _ *http.Request, _ error) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute))
		w.WriteHeader(http.StatusInsufficientStorage)
	}}, func(_ http.ResponseWriter, r *http.Request) { session(r).Set("f", func() {}) })
	assert.Equal(t, 507, s.get(t, "/", "").StatusCode)

	s = serve(t, "HTTP/1.1", middleware.Options{OnError: func(w http.ResponseWriter, _ *http.Request, _ error) {
		assert.NoError(t, http.NewResponseController(w).Flush())
	}}, func(_ http.ResponseWriter, r *http.Request) { session(r).Set("f", func() {}) })
	assert.Equal(t, 500, s.get(t, "/", "").StatusCode)
}

// A compressing middleware outside has set its header before us; ours to
// remove is the handler's alone.
func TestContentEncodingOfAnOuterMiddlewareStays(t *testing.T) {
	s := serve(t, "HTTP/1.1", middleware.Options{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		session(r).Set("f", func() {})
	}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "x-outer")
			next.ServeHTTP(w, r)
		})
	})
	assert.Equal(t, "x-outer", s.get(t, "/", "").Header.Get("Content-Encoding"))
}

func TestRejectedCookies(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			s := serve(t, protocol, middleware.Options{}, func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/read":
					session(r).Get("n")
				case "/late":
					w.WriteHeader(200)
					session(r).Get("n")
				case "/set":
					session(r).Set("n", 2)
				case "/flush":
					session(r).Flush()
				}
			})
			for _, tc := range []struct {
				path, cookie, want string
				heard              int
			}{
				{"/", "__Host-session=%", nothing, 0},
				{"/read", "__Host-session=%", nothing, 1},
				{"/read", "__Host-session=%; __Host-session=!", nothing, 2},
				{"/late", "__Host-session=%", nothing, 2}, // that it was late, and why
				{"/set", "__Host-session=%", set, 1},
				{"/flush", "__Host-session=%", deleted, 1},
				{"/flush", "", nothing, 0},
			} {
				r := s.get(t, tc.path, tc.cookie)
				require.NoError(t, r.err)
				assert.Equal(t, 200, r.StatusCode, "never an error")
				checkCookie(t, s, r, tc.want)
				assert.Len(t, s.events.take(), tc.heard, "%s %s", tc.path, tc.cookie)
			}
		})
	}
}

// plainWriter is a ResponseWriter with nothing beyond what it must have.
type plainWriter struct {
	h    http.Header
	body bytes.Buffer
}

func (w *plainWriter) Header() http.Header         { return w.h }
func (w *plainWriter) Write(b []byte) (int, error) { return w.body.Write(b) }
func (w *plainWriter) WriteHeader(int)             {}

func TestWriterOverOneThatCanDoLittle(t *testing.T) {
	m, err := middleware.New(newCodec(t, cookiesession.Options{}), middleware.Options{})
	require.NoError(t, err)
	w := &plainWriter{h: http.Header{}}
	m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session(r).Set("n", 2)
		n, err := w.(io.ReaderFrom).ReadFrom(strings.NewReader("hello"))
		assert.NoError(t, err)
		assert.EqualValues(t, 5, n)
		assert.ErrorIs(t, http.NewResponseController(w).Flush(), http.ErrNotSupported)
		w.(http.Flusher).Flush()
		_, _, err = w.(http.Hijacker).Hijack()
		assert.ErrorIs(t, err, http.ErrNotSupported)
		_, isPusher := w.(http.Pusher)
		assert.False(t, isPusher)
	})).ServeHTTP(w, mustRequest(t))
	assert.Equal(t, "hello", w.body.String())
	assert.Len(t, w.h["Set-Cookie"], 1)
}

func mustRequest(t testing.TB) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://example.com/", nil)
	require.NoError(t, err)
	return r
}
