package middleware

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cookiesession/go/cookiesession"
)

// A writer is the response of one request. It does one thing: before the
// first final byte, it commits the session, if anybody asked for one.
type writer struct {
	http.ResponseWriter
	sessions *Sessions
	outer    *http.Request // as it came
	request  *http.Request // as the handler has it
	carrier  carrier
	lines    lines
	veil     veil

	mu        sync.Mutex // of session, and of committed against it
	session   *cookiesession.Session
	committed bool

	err      error // why the session could not be written; OnError has answered
	unsent   bool  // the header has a cookie, and nothing was written since
	told     int   // how many rejected cookies OnReject has heard of
	encoding []string
}

// open returns the session, and makes it at the first call. It may be called by the handler's
// goroutines.
func (w *writer) open() *cookiesession.Session {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.session == nil {
		w.session = w.sessions.load(w.outer)
		if w.committed {
			w.session.Late(&w.veil)
		}
	}
	return w.session
}

// begin says that the response begins, and returns the session if anybody has asked for it.
func (w *writer) begin() *cookiesession.Session {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.committed = true
	if w.session != nil {
		// Before Seal: what another goroutine changes in between is then reported
		// as lost though it was not, which is better than the other way round.
		w.session.Late(&w.veil)
	}
	return w.session
}

// WriteHeader commits at a final status. 101 is one: nothing follows it but
// another protocol. What is no status is for net/http to refuse.
func (w *writer) WriteHeader(status int) {
	if status < 200 && status != http.StatusSwitchingProtocols || status > 999 {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if w.commit(status) {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *writer) Write(b []byte) (int, error) {
	if !w.commit(http.StatusOK) {
		return 0, w.err
	}
	n, err := w.ResponseWriter.Write(b)
	w.wrote(err)
	return n, err
}

// WriteString lets the server avoid a copy.
func (w *writer) WriteString(s string) (int, error) {
	if !w.commit(http.StatusOK) {
		return 0, w.err
	}
	n, err := io.WriteString(w.ResponseWriter, s)
	w.wrote(err)
	return n, err
}

// ReadFrom lets the server use sendfile.
func (w *writer) ReadFrom(src io.Reader) (n int64, err error) {
	if !w.commit(http.StatusOK) {
		return 0, w.err
	}
	if rf, ok := w.ResponseWriter.(io.ReaderFrom); ok {
		n, err = rf.ReadFrom(src)
	} else {
		n, err = io.Copy(struct{ io.Writer }{w.ResponseWriter}, src)
	}
	w.wrote(err)
	return n, err
}

// wrote hears of an http.TimeoutHandler around us that has answered already:
// our header, and the cookie in it, went nowhere.
func (w *writer) wrote(err error) {
	if w.unsent && errors.Is(err, http.ErrHandlerTimeout) {
		w.skipped("the handler timed out", nil)
	}
	w.unsent = false
}

// Flush is for callers that cannot take an error.
func (w *writer) Flush() { _ = w.FlushError() }

// FlushError sends what was written so far, the header at least.
func (w *writer) FlushError() error {
	if !w.commit(http.StatusOK) {
		return w.err
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack hands the connection over. What the session would have written is
// reported.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil && !w.committed {
		if s := w.begin(); s != nil {
			w.skip(s, "the connection was hijacked")
		}
	}
	return conn, rw, err
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// commit writes the session's headers, once. It reports whether the handler
// may go on; otherwise OnError has answered in its place.
func (w *writer) commit(status int) bool {
	if w.committed {
		return w.err == nil
	}
	s := w.begin()
	if s == nil {
		return true
	}
	changed := s.Modified()
	sealed, err := w.sessions.seal(w.request, s)
	failed := status >= http.StatusInternalServerError
	switch {
	case err != nil && !failed:
		w.fail(s, err, instead(sealed))
		w.reject()
		return false
	case err != nil || failed && sealed.Action == cookiesession.SetCookie:
		if changed {
			w.skipped(fmt.Sprintf("the status was %d", status), err)
		}
		sealed = instead(sealed)
	}
	w.unsent = sealed.Action != cookiesession.KeepCookie
	w.sessions.apply(w.Header(), &w.lines, w.request, s, sealed)
	w.reject()
	return true
}

// A veil leads to a writer. What is dumped stops at it: a session and a context do not
// show the headers of the request.
type veil struct{ writer atomic.Pointer[writer] }

// LateUse hears from the session, perhaps on another goroutine.
func (v *veil) LateUse(err error) {
	w := v.writer.Load()
	w.sessions.opts.OnLate(w.request, err)
}

// reject tells OnReject of each cookie once.
func (w *writer) reject() {
	w.mu.Lock()
	s := w.session
	w.mu.Unlock()
	if s == nil {
		return
	}
	rejected := s.Rejected()
	w.sessions.reject(w.request, rejected[min(w.told, len(rejected)):])
	w.told = len(rejected)
}

// skip reports a change that is not written at all.
func (w *writer) skip(s *cookiesession.Session, why string) cookiesession.Sealed {
	changed := s.Modified()
	sealed, err := w.sessions.seal(w.request, s)
	if changed && (err != nil || sealed.Action != cookiesession.KeepCookie) {
		w.skipped(why, err)
	}
	return sealed
}

func (w *writer) skipped(why string, err error) {
	if err != nil {
		w.sessions.opts.OnSkip(w.request, fmt.Errorf("middleware: a changed session was not written: %s, and: %w", why, err))
		return
	}
	w.sessions.opts.OnSkip(w.request, fmt.Errorf("middleware: a changed session was not written: %s", why))
}

// fail lets OnError answer in the handler's place.
func (w *writer) fail(s *cookiesession.Session, err error, sealed cookiesession.Sealed) {
	w.err = err
	h := w.Header()
	for name := range h {
		if describesBody(name) {
			delete(h, name)
		}
	}
	if w.encoding != nil {
		h["Content-Encoding"] = w.encoding // of a compressing middleware around us
	}
	w.sessions.apply(h, &w.lines, w.request, s, sealed)
	sharedCachesAside(h)
	h.Set("Cache-Control", "no-store")

	a := &answer{ResponseWriter: w.ResponseWriter}
	w.sessions.opts.OnError(a, w.request, err)
	if !a.begun {
		w.ResponseWriter.WriteHeader(http.StatusInternalServerError)
	}
}

// describesBody reports whether a header speaks of the body that the handler
// meant to send, or tells somebody to send another.
func describesBody(name string) bool {
	switch name {
	case "Location", "Refresh", "Etag", "Last-Modified", "Expires", "Accept-Ranges", "Trailer",
		"X-Accel-Redirect", "X-Sendfile":
		return true
	}
	return strings.HasPrefix(name, http.TrailerPrefix) ||
		strings.HasPrefix(name, "Content-") && !strings.HasPrefix(name, "Content-Security-Policy")
}

// finish is the handler's return.
func (w *writer) finish() {
	w.commit(http.StatusOK)
	w.reject()
}

// abandon is the handler's panic. A middleware outside may recover and
// answer, with the same header: what signs a user out must be in it.
func (w *writer) abandon() {
	if w.committed {
		return
	}
	s := w.begin()
	if s == nil {
		return
	}
	sealed := w.skip(s, "the handler panicked")
	if sealed.Action != cookiesession.DeleteCookie {
		sealed = instead(sealed)
	}
	w.sessions.apply(w.Header(), &w.lines, w.request, s, sealed)
	w.reject()
}

// An answer notes whether OnError wrote anything.
type answer struct {
	http.ResponseWriter
	begun bool
}

func (a *answer) WriteHeader(status int) {
	a.begun = a.begun || status >= 200
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	a.begun = true
	return a.ResponseWriter.Write(b)
}

// FlushError sends what was written so far; a 500, if nothing was.
func (a *answer) FlushError() error {
	if !a.begun {
		a.WriteHeader(http.StatusInternalServerError)
	}
	return http.NewResponseController(a.ResponseWriter).Flush()
}

// Flush is for callers that cannot take an error.
func (a *answer) Flush() { _ = a.FlushError() }

func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
