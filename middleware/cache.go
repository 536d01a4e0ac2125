package middleware

import (
	"net/http"
	"strings"
)

// dependsOnCookie tells caches that the response was made for one client.
func dependsOnCookie(h http.Header, room *lines) {
	varyCookie(h, room)
	if h["Cache-Control"] == nil {
		h["Cache-Control"] = room.one("private")
	}
}

// carriesCookie keeps a response with a Set-Cookie out of every shared cache,
// and lets no private one use it again without asking.
func carriesCookie(h http.Header, room *lines) {
	varyCookie(h, room)
	if !lists(h["Cache-Control"], "no-store") {
		h["Cache-Control"] = room.one("private, no-cache")
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

func varyCookie(h http.Header, room *lines) {
	switch vary := h["Vary"]; {
	case len(vary) == 0:
		h["Vary"] = room.one("Cookie")
	case !lists(vary, "cookie") && !lists(vary, "*"):
		h["Vary"] = append(vary, "Cookie")
	}
}

// lines is room for the headers that one response may get from us, of one line each: where
// http.Header.Set would allocate. It is part of what is made for the request.
type lines struct {
	space [3]string
	used  int
}

func (l *lines) one(line string) []string {
	i := l.used
	if i == len(l.space) {
		return []string{line}
	}
	l.used++
	l.space[i] = line
	return l.space[i : i+1 : i+1]
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
