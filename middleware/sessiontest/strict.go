package sessiontest

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/middleware"
)

// New returns a [Strict] middleware with a new random key. Mistakes in the
// options end the test.
func New(t testing.TB, codecOptions cookiesession.Options, opts middleware.Options) *middleware.Sessions {
	t.Helper()
	ring, err := keys.NewRing(time.Time{}, keys.Entry{Key: keys.Generate()})
	if err != nil {
		t.Fatalf("sessiontest: %v", err)
	}
	codec, err := cookiesession.NewCodec(ring, codecOptions)
	if err != nil {
		t.Fatalf("sessiontest: %v", err)
	}
	sessions, err := middleware.New(codec, Strict(t, opts))
	if err != nil {
		t.Fatalf("sessiontest: %v", err)
	}
	return sessions
}

// Strict returns opts with hooks that fail the test, in place of those that
// are nil: OnReject, OnError, OnLate and OnSkip. OnError answers as it does by
// default, with a 500. An expired cookie does not fail the test, for it is no
// mistake of the program's; it is only logged.
//
// The hooks may be called from the handler's goroutines. These must end before
// the test does.
func Strict(t testing.TB, opts middleware.Options) middleware.Options {
	if opts.OnReject == nil {
		opts.OnReject = func(r *http.Request, err error) {
			if errors.Is(err, cookiesession.ErrExpired) {
				t.Logf("sessiontest: %s %s: %v", r.Method, r.URL.Path, err)
				return
			}
			t.Errorf("sessiontest: %s %s: a session cookie did not open: %v", r.Method, r.URL.Path, err)
		}
	}
	if opts.OnError == nil {
		opts.OnError = func(w http.ResponseWriter, r *http.Request, err error) {
			t.Errorf("sessiontest: %s %s: the session could not be written: %v", r.Method, r.URL.Path, err)
			http.Error(w, "The session could not be saved.", http.StatusInternalServerError)
		}
	}
	if opts.OnLate == nil {
		opts.OnLate = func(r *http.Request, err error) {
			t.Errorf("sessiontest: %s %s: the session was used too late: %v", r.Method, r.URL.Path, err)
		}
	}
	if opts.OnSkip == nil {
		opts.OnSkip = func(r *http.Request, err error) {
			t.Errorf("sessiontest: %s %s: the session was not written: %v", r.Method, r.URL.Path, err)
		}
	}
	return opts
}
