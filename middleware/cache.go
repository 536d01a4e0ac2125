package middleware

import (
	"net/http"
	"strings"
)

// dependsOnCookie tells caches that the response was made for one client.
func dependsOnCookie(h http.Header) {
	varyCookie(h)
	if h["Cache-Control"] == nil {
		h.Set("Cache-Control", "private")
	}
}

// carriesCookie keeps a response with a Set-Cookie out of every shared cache,
// and lets no private one use it again without asking.
func carriesCookie(h http.Header) {
	varyCookie(h)
	if !lists(h["Cache-Control"], "no-store") {
		h.Set("Cache-Control", "private, no-cache")
	}
	sharedCachesAside(h)
}

// sharedCachesAside removes what speaks to shared caches alone (RFC 9213, and
// the vendors' own): it would overrule Cache-Control.
func sharedCachesAside(h http.Header) {
	for name := range h {
		switch {
		case strings.HasSuffix(name, "Cdn-Cache-Control"), name == "Surrogate-Control", name == "Edge-Control",
			name == "X-Accel-Expires", strings.EqualFold(name, "X-LiteSpeed-Cache-Control"):
			delete(h, name)
		}
	}
}

func varyCookie(h http.Header) {
	if !lists(h["Vary"], "cookie") && !lists(h["Vary"], "*") {
		h.Add("Vary", "Cookie")
	}
}

// lists reports whether a list-valued header has the item, in any case
// (RFC 9110, section 5.6.1).
func lists(lines []string, item string) bool {
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(trim(part), item) {
				return true
			}
		}
	}
	return false
}
