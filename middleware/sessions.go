package middleware

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"slices"

	"github.com/cookiesession/go/cookiesession"
)

// A Codec makes sessions of cookie values and back. [*cookiesession.Codec] is
// the one; others read the cookies of other frameworks.
type Codec interface {
	// Name of the cookie.
	Name() string
	// New returns an empty session.
	New(ctx context.Context) *cookiesession.Session
	// Open returns the session of the client's candidates, opened at the
	// first look.
	Open(ctx context.Context, candidates iter.Seq[string]) *cookiesession.Session
	// Seal decides what is to be done with the client's cookie.
	Seal(s *cookiesession.Session) (cookiesession.Sealed, error)
}

// Sessions is the middleware for one session cookie. It is safe for
// concurrent use.
type Sessions struct {
	codec  Codec
	opts   Options
	cookie cookie
}

// New returns the middleware of a codec. It returns all mistakes of opts
// together.
func New(codec Codec, opts Options) (*Sessions, error) {
	if codec == nil {
		return nil, errors.New("middleware: no codec; cookiesession.NewCodec makes one, or says why not")
	}
	if c, ok := codec.(*cookiesession.Codec); ok && c == nil {
		return nil, errors.New("middleware: the codec is nil; stop on the error of cookiesession.NewCodec")
	}
	opts.Former = slices.Clone(opts.Former)
	opts.Attributes.complete()
	if opts.SameSite == 0 {
		opts.SameSite = http.SameSiteLaxMode
	}
	if err := opts.check(codec.Name()); err != nil {
		return nil, err
	}
	if opts.OnReject == nil {
		opts.OnReject = logReject
	}
	if opts.OnError == nil {
		opts.OnError = logError
	}
	if opts.OnLate == nil {
		opts.OnLate = logWarn("the session was used too late")
	}
	if opts.OnLarge == nil {
		name := codec.Name()
		opts.OnLarge = func(r *http.Request, size cookiesession.Size) {
			slog.WarnContext(r.Context(), "the session nears the limit of a cookie", "cookie", name, "size", size.String())
		}
	}
	if opts.OnSkip == nil {
		opts.OnSkip = logWarn("the session was not written")
	}
	return &Sessions{codec: codec, opts: opts, cookie: newCookie(codec.Name(), opts)}, nil
}

// Handler puts the session into the context of next's requests, and writes
// its cookie with their responses. It can be wrapped around one handler or a
// whole mux, and stands well inside of logging, recovery and compression. Put
// http.TimeoutHandler inside of it: outside, a time-out discards the response
// together with its cookie, and is noticed only if the handler writes after it.
func (m *Sessions) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Context().Value(within{m}) != nil { // this middleware is there already, further out
			next.ServeHTTP(w, r)
			return
		}
		// One piece of memory for all that a request needs of us, but for its session, which
		// is made when somebody asks for it.
		sw := &writer{ResponseWriter: w, sessions: m, outer: r, encoding: w.Header()["Content-Encoding"]}
		sw.veil.writer.Store(sw)
		sw.carrier = carrier{r.Context(), &sw.veil}
		r = r.WithContext(&sw.carrier)
		sw.request = r
		returned := false
		defer func() {
			if !returned {
				sw.abandon()
			}
		}()
		next.ServeHTTP(sw, r)
		returned = true
		sw.finish()
	})
}

// A carrier is the context of a request. It makes the session when it is first asked for it: a
// handler that never does pays for nothing.
type carrier struct {
	context.Context
	veil *veil
}

// within asks whether a request is inside of a middleware, and does not make its session.
type within struct{ *Sessions }

// Value returns what the request's context has, and the session to those who ask for it.
func (c *carrier) Value(key any) any {
	w := c.veil.writer.Load()
	switch key {
	case cookiesession.ContextKey, any(w.sessions):
		return w.open()
	case any(within{w.sessions}):
		return true
	}
	return c.Context.Value(key)
}

// FromContext returns the session that this middleware put into the context,
// where a program has more than one; [cookiesession.FromContext] returns that
// of the innermost. It panics if this middleware is missing.
func (m *Sessions) FromContext(ctx context.Context) *cookiesession.Session {
	s, ok := ctx.Value(m).(*cookiesession.Session)
	if !ok {
		panic(fmt.Sprintf("middleware: no session for the cookie %s in the context; wrap the handler with Handler of this Sessions, and pass on the request's context", m.codec.Name()))
	}
	return s
}

// Load returns the request's session where there is no middleware: in a
// function on a serverless platform, or in a program that has its own way.
// Call Save for it before the response, also if it was only read. Where this
// middleware is, Load returns the session that it put into the context.
func (m *Sessions) Load(r *http.Request) *cookiesession.Session {
	if s, ok := r.Context().Value(m).(*cookiesession.Session); ok {
		return s
	}
	return m.load(r)
}

func (m *Sessions) load(r *http.Request) *cookiesession.Session {
	if len(r.Header["Cookie"]) == 0 {
		return m.codec.New(r.Context())
	}
	return m.codec.Open(r.Context(), candidates(r.Header, m.cookie.name[:len(m.cookie.name)-1]))
}

// Save writes the session's cookie and the headers for caches, where there is
// no middleware. Call it once, before the first byte of a response that
// succeeds, and not again after a later change. On an error, which may be a
// *cookiesession.TooLargeError, the client keeps the cookie it has (if the
// session was flushed, it is still deleted): answer with a 500 that no cache
// keeps.
func (m *Sessions) Save(w http.ResponseWriter, r *http.Request, s *cookiesession.Session) error {
	sealed, err := m.seal(r, s)
	if err != nil {
		sealed = instead(sealed)
	}
	m.apply(w.Header(), new(lines), r, s, sealed)
	m.reject(r, s.Rejected())
	return err
}

// seal is the codec's Seal, but for a session that was only read. Its idle
// clock may be due and yet not renewable, since the new instant takes a byte or
// two, or no key signs. Nothing of the user's is lost by that, so the page
// stands, and OnSkip hears of it.
func (m *Sessions) seal(r *http.Request, s *cookiesession.Session) (cookiesession.Sealed, error) {
	sealed, err := m.codec.Seal(s)
	if err != nil && !s.Modified() {
		m.opts.OnSkip(r, fmt.Errorf("middleware: the idle time of a session was not renewed: %w", err))
		return cookiesession.Sealed{}, nil
	}
	return sealed, err
}

// instead is what is left to do where a cookie cannot be set.
func instead(sealed cookiesession.Sealed) cookiesession.Sealed {
	return cookiesession.Sealed{Action: sealed.Fallback}
}

// Touch looks at the session of the context, if the handler will do so only
// after the response has begun: caches are told in time. It panics like
// [cookiesession.FromContext].
func Touch(ctx context.Context) { cookiesession.FromContext(ctx).Len() }

// apply writes what was sealed into the header.
func (m *Sessions) apply(h http.Header, room *lines, r *http.Request, s *cookiesession.Session, sealed cookiesession.Sealed) {
	switch sealed.Action {
	case cookiesession.SetCookie:
		m.cookie.set(h, room, sealed.Value, sealed.MaxAge)
		carriesCookie(h, room)
	case cookiesession.DeleteCookie:
		m.cookie.remove(h, room)
		carriesCookie(h, room)
	default:
		if s.Accessed() {
			dependsOnCookie(h, room)
		}
	}
	if sealed.Warning != nil {
		m.opts.OnLarge(r, *sealed.Warning)
	}
}

func (m *Sessions) reject(r *http.Request, errs []error) {
	for _, err := range errs {
		m.opts.OnReject(r, err)
	}
}

func logReject(r *http.Request, err error) {
	level := slog.LevelInfo
	if errors.Is(err, cookiesession.ErrExpired) {
		level = slog.LevelDebug
	}
	slog.Log(r.Context(), level, "a session cookie did not open", "error", err)
}

func logError(w http.ResponseWriter, r *http.Request, err error) {
	slog.ErrorContext(r.Context(), "the session could not be written", "error", err, "path", r.URL.Path)
	http.Error(w, "The session could not be saved.", http.StatusInternalServerError)
}

func logWarn(what string) func(*http.Request, error) {
	return func(r *http.Request, err error) {
		slog.WarnContext(r.Context(), what, "error", err, "path", r.URL.Path)
	}
}
