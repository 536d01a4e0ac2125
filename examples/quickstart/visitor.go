package main

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/cookiesession/go/cookiesession"
)

// visitor is the name of who is signed in.
const visitor = cookiesession.Field[string]("username")

// longest is how many characters a name may have.
const longest = 40

func showSignIn(w http.ResponseWriter, r *http.Request) {
	show(w, r, http.StatusOK, "signin.html", "Sign in", map[string]any{"Longest": longest})
}

// signIn takes any name. A real shop asks for a password here.
func signIn(w http.ResponseWriter, r *http.Request) {
	s := cookiesession.FromContext(r.Context())
	name := strings.TrimSpace(r.PostFormValue("name"))
	if name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > longest {
		show(w, r, http.StatusUnprocessableEntity, "signin.html", "Sign in",
			map[string]any{"Longest": longest, "Wrong": true})
		return
	}
	// A new identity: what was known of the session before is worth nothing.
	s.Renew()
	visitor.Set(s, name)
	if r.PostFormValue("remember") != "" {
		s.ExpireDefault()
	} else {
		s.ExpireAtBrowserClose()
	}
	redirect(w, r, "success", "Welcome, "+name+".", "/")
}

// signOut ends the session. A flash would begin a new one, so the next page
// says it without.
func signOut(w http.ResponseWriter, r *http.Request) {
	cookiesession.FromContext(r.Context()).Flush()
	http.Redirect(w, r, "/signed-out", http.StatusSeeOther)
}

func signedOut(w http.ResponseWriter, r *http.Request) {
	if visitor.Get(cookiesession.FromContext(r.Context())) != "" {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	show(w, r, http.StatusOK, "signedout.html", "Signed out", nil)
}
