package middleware_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/middleware"
)

func newExampleSessions(opts middleware.Options) *middleware.Sessions {
	ring, err := keys.NewRing(time.Time{}, keys.Entry{Key: keys.Generate()}) // in production: keys.Env or keys.File
	if err != nil {
		panic(err)
	}
	codec, err := cookiesession.NewCodec(ring, cookiesession.Options{})
	if err != nil {
		panic(err)
	}
	sessions, err := middleware.New(codec, opts)
	if err != nil {
		panic(err)
	}
	return sessions
}

func ExampleSessions_Handler() {
	sessions := newExampleSessions(middleware.Options{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		s := cookiesession.FromContext(r.Context())
		s.Set("visits", s.GetInt("visits")+1)
		fmt.Fprintln(w, "visit", s.GetInt("visits"))
	})
	handler := sessions.Handler(mux)

	// What a browser does: it sends back the cookie that it was given.
	r := httptest.NewRequest("GET", "/", nil)
	for range 2 {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Print(w.Body)
		r.Header.Set("Cookie", w.Result().Cookies()[0].String())
	}
	// Output:
	// visit 1
	// visit 2
}

func ExampleNew() {
	sessions := newExampleSessions(middleware.Options{
		SameSite: http.SameSiteStrictMode,
		OnError: func(w http.ResponseWriter, r *http.Request, err error) {
			http.Error(w, "Your cart is full. Remove something first.", http.StatusInternalServerError)
		},
	})
	_ = sessions

	ring, _ := keys.NewRing(time.Time{}, keys.Entry{Key: keys.Generate()})
	codec, _ := cookiesession.NewCodec(ring, cookiesession.Options{})
	_, err := middleware.New(codec, middleware.Options{Attributes: middleware.Attributes{Domain: "example.com"}})
	fmt.Println(err)
	// Output:
	// middleware: a cookie named __Host-session has no Domain, and the Path /; browsers drop it otherwise: choose another name, or leave Domain and Path empty
}

// A function on a serverless platform, with no middleware.
func ExampleSessions_Load() {
	sessions := newExampleSessions(middleware.Options{})
	function := func(w http.ResponseWriter, r *http.Request) {
		s := sessions.Load(r)
		s.Set("visits", s.GetInt("visits")+1)
		if err := sessions.Save(w, r, s); err != nil {
			http.Error(w, "the session could not be saved", http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, "visit", s.GetInt("visits"))
	}
	w := httptest.NewRecorder()
	function(w, httptest.NewRequest("GET", "/", nil))
	fmt.Print(w.Body)
	// Output:
	// visit 1
}

func ExampleTouch() {
	sessions := newExampleSessions(middleware.Options{})
	handler := sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		middleware.Touch(r.Context()) // caches must know before the first byte
		fmt.Fprintln(w, "a long page begins")
		fmt.Fprintln(w, "signed in:", cookiesession.FromContext(r.Context()).Has("user_id"))
	}))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Println(w.Header().Get("Vary"))
	// Output:
	// Cookie
}

// A program with two cookies: one for the visitor, one for the staff.
func ExampleSessions_FromContext() {
	ring, _ := keys.NewRing(time.Time{}, keys.Entry{Key: keys.Generate()})
	visitorCodec, _ := cookiesession.NewCodec(ring, cookiesession.Options{Name: "__Host-visitor"})
	staffCodec, _ := cookiesession.NewCodec(ring, cookiesession.Options{Name: "__Host-staff", Protection: cookiesession.Encrypted})
	visitor, _ := middleware.New(visitorCodec, middleware.Options{})
	staff, _ := middleware.New(staffCodec, middleware.Options{})

	handler := visitor.Handler(staff.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visitor.FromContext(r.Context()).Set("theme", "dark")
		staff.FromContext(r.Context()).Set("role", "editor")
	})))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	for _, c := range w.Result().Cookies() {
		fmt.Println(c.Name)
	}
	// Output:
	// __Host-staff
	// __Host-visitor
}
