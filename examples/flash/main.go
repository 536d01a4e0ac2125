// Flash is a form. What came of it is shown once, on the page after the
// redirect, and never again.
//
// ADDR is the address to listen on, by default 127.0.0.1:8080. The key is
// made in session.keys on the first start.
package main

import (
	"cmp"
	"context"
	"html/template"
	"log"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/middleware"
)

func main() {
	source, _, err := keys.FileOrNew("session.keys") // in production: keys.File or keys.Env
	check(err)
	ring, err := source.Load(context.Background())
	check(err)
	codec, err := cookiesession.NewCodec(ring, cookiesession.Options{})
	check(err)
	sessions, err := middleware.New(codec, middleware.Options{})
	check(err)

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", show)
	mux.HandleFunc("POST /subscribe", subscribe)
	listener, err := net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8080"))
	check(err)
	log.Printf("listening on http://%s", listener.Addr())
	// A browser sends the cookie with the forms of other sites, too, unless
	// SameSite keeps it back: requests from other origins are refused.
	check(http.Serve(listener, http.NewCrossOriginProtection().Handler(sessions.Handler(mux))))
}

// subscribe leaves a message for the next page and sends the browser there,
// so that a reload does not post the form again.
func subscribe(w http.ResponseWriter, r *http.Request) {
	s := cookiesession.FromContext(r.Context())
	if email := r.PostFormValue("email"); strings.Contains(email, "@") {
		s.AddFlash("success", "Thank you. Mail will go to "+email+".")
	} else {
		s.AddFlash("error", "That is no email address.")
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en">
<title>Flash</title>
{{range .}}<p class="{{.Kind}}" role="status">{{.Text}}</p>
{{end}}<form method="post" action="/subscribe">
<label>Email <input name="email" type="email" required maxlength="254"></label>
<button>Subscribe</button>
</form>
`))

func show(w http.ResponseWriter, r *http.Request) {
	// Before the first byte of the page: taking the messages out changes the session.
	flashes := cookiesession.FromContext(r.Context()).Flashes()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := page.Execute(w, flashes); err != nil {
		log.Print(err)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
