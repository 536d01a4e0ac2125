package main

import (
	"bytes"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/cookiesession/go/cookiesession"
)

//go:embed pages style.css
var files embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"number": number,
	"day":    func(t time.Time) string { return t.Format("2 Jan 2006, 15:04 UTC") },
	"rfc":    func(t time.Time) string { return t.Format(time.RFC3339) },
}).ParseFS(files, "pages/*.html"))

// A page is what every template gets.
type page struct {
	Title   string
	Path    string
	Visitor string // who is signed in, if anybody
	Pieces  int    // in the cart
	Flashes []cookiesession.Flash
	Panel   *panel // the inspector; nil on a page that leaves the session alone
	Data    any    // what the page itself shows
}

// show writes a page of the request's session. Reading the flashes changes the
// session, so it comes before the panel, and before the first byte.
func show(w http.ResponseWriter, r *http.Request, status int, name, title string, data any) {
	s := cookiesession.FromContext(r.Context())
	flashes := s.Flashes()
	p := pageOf(s, r.URL.Path, title, data)
	p.Flashes = flashes
	// The page shows what the cookie holds now. After a sign-out it must not
	// come back from a cache.
	w.Header().Set("Cache-Control", "no-store")
	write(w, status, name, p)
}

// pageOf is a page about s.
func pageOf(s *cookiesession.Session, path, title string, data any) page {
	return page{
		Title:   title,
		Path:    path,
		Visitor: visitor.Get(s),
		Pieces:  pieces(cart.Get(s)),
		Panel:   panelOf(s, path),
		Data:    data,
	}
}

func write(w http.ResponseWriter, status int, name string, p page) {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name, p); err != nil {
		slog.Error("the page was not made", "page", name, "error", err)
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	// Not no-referrer: browsers would then send "Origin: null" with forms, and
	// where they send no Sec-Fetch-Site, the forms would be refused.
	h.Set("Referrer-Policy", "same-origin")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w) // the client is gone, or the session was not written
}

// redirect ends a form: the browser asks for the next page with GET, which
// shows the flash.
func redirect(w http.ResponseWriter, r *http.Request, kind, text, to string) {
	cookiesession.FromContext(r.Context()).AddFlash(kind, text)
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// back is the page that a form was sent from, if it is one of ours.
func back(r *http.Request) string {
	switch path := r.PostFormValue("back"); path {
	case "/cart", "/signin", "/cookies":
		return path
	}
	return "/"
}

func about(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=300")
	write(w, http.StatusOK, "about.html", page{Title: "About", Path: "/about"})
}

func style(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeFileFS(w, r, files, "style.css")
}

// number has a comma between the thousands.
func number(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
