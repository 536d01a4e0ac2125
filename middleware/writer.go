package middleware

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/cookiesession/go/cookiesession"
)

// A writer is the response of one request. It does one thing: before the
// first final byte, it commits the session.
type writer struct {
	http.ResponseWriter
	sessions *Sessions
	request  *http.Request
	session  *cookiesession.Session

	committed bool
	err       error // why the session could not be written; OnError has answered
	told      int   // how many rejected cookies OnReject has heard of
	encoding  []string
}

// WriteHeader commits at a final status. 101 is one: nothing follows it but
// another protocol.
func (w *writer) WriteHeader(status int) {
	if status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
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
	return w.ResponseWriter.Write(b)
}

// WriteString lets the server avoid a copy.
func (w *writer) WriteString(s string) (int, error) {
	if !w.commit(http.StatusOK) {
		return 0, w.err
	}
	return io.WriteString(w.ResponseWriter, s)
}

// ReadFrom lets the server use sendfile.
func (w *writer) ReadFrom(src io.Reader) (int64, error) {
	if !w.commit(http.StatusOK) {
		return 0, w.err
	}
	if rf, ok := w.ResponseWriter.(io.ReaderFrom); ok {
		return rf.ReadFrom(src)
	}
	return io.Copy(struct{ io.Writer }{w.ResponseWriter}, src)
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
		w.committed = true
		w.skip("the connection was hijacked")
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
	w.committed = true
	// Before Seal: what another goroutine changes in between is then reported
	// as lost though it was not, which is better than the other way round.
	w.session.Late(w.late)
	changed := w.session.Modified()
	sealed, err := w.sessions.codec.Seal(w.session)
	w.reject()
	failed := status >= http.StatusInternalServerError
	switch {
	case failed && err != nil:
		w.skipped(fmt.Sprintf("the status was %d", status), err)
	case failed && sealed.Action == cookiesession.SetCookie:
		if changed {
			w.skipped(fmt.Sprintf("the status was %d", status), nil)
		}
		sealed = cookiesession.Sealed{}
	case err != nil:
		w.fail(err)
		return false
	}
	w.sessions.apply(w.Header(), w.request, w.session, sealed)
	return true
}

// late is called by the session, perhaps from another goroutine.
func (w *writer) late(err error) { w.sessions.opts.OnLate(w.request, err) }

// reject tells OnReject of each cookie once.
func (w *writer) reject() {
	rejected := w.session.Rejected()
	w.sessions.reject(w.request, rejected[min(w.told, len(rejected)):])
	w.told = len(rejected)
}

// skip reports a change that is not written at all.
func (w *writer) skip(why string) cookiesession.Sealed {
	w.session.Late(w.late)
	changed := w.session.Modified()
	sealed, err := w.sessions.codec.Seal(w.session)
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
func (w *writer) fail(err error) {
	w.err = err
	h := w.Header()
	for _, name := range []string{"Location", "Content-Type", "Content-Length", "Etag", "Last-Modified", "Trailer"} {
		delete(h, name)
	}
	if w.encoding == nil {
		delete(h, "Content-Encoding") // the handler's; that of a compressing middleware around us stays
	} else {
		h["Content-Encoding"] = w.encoding
	}
	varyCookie(h)
	sharedCachesAside(h)
	h.Set("Cache-Control", "no-store")

	a := &answer{ResponseWriter: w.ResponseWriter}
	w.sessions.opts.OnError(a, w.request, err)
	if !a.begun {
		w.ResponseWriter.WriteHeader(http.StatusInternalServerError)
	}
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
	w.committed = true
	sealed := w.skip("the handler panicked")
	if sealed.Action == cookiesession.DeleteCookie {
		w.sessions.apply(w.Header(), w.request, w.session, sealed)
	}
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

func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
