package main

import (
	"net/http"

	"github.com/cookiesession/go/cookiesession"
)

func showCookieTest(w http.ResponseWriter, r *http.Request) {
	show(w, r, http.StatusOK, "cookies.html", "Do cookies work here?", nil)
}

func startCookieTest(w http.ResponseWriter, r *http.Request) {
	cookiesession.FromContext(r.Context()).SetTestCookie()
	http.Redirect(w, r, "/cookies/check", http.StatusSeeOther)
}

// checkCookieTest sees whether the browser sent the test value back. Where it
// does not keep cookies there can be no flash, so the page itself says it.
func checkCookieTest(w http.ResponseWriter, r *http.Request) {
	s := cookiesession.FromContext(r.Context())
	if s.TestCookieWorked() {
		s.DeleteTestCookie()
		redirect(w, r, "success", "Cookies work here: the test value came back.", "/cookies")
		return
	}
	if !s.IsEmpty() { // no test was started, and cookies do work
		http.Redirect(w, r, "/cookies", http.StatusSeeOther)
		return
	}
	show(w, r, http.StatusOK, "cookies.html", "Do cookies work here?", map[string]any{"Failed": true})
}
