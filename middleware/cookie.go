package middleware

import (
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// candidates yields the values of every cookie of the name, on every Cookie
// line, in their order. A client can hold several of one name, with different
// paths or domains, and does not say which is which (RFC 6265, section 5.4).
func candidates(h http.Header, name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range h["Cookie"] {
			for len(line) > 0 {
				var pair string
				pair, line, _ = strings.Cut(line, ";")
				key, value, ok := strings.Cut(pair, "=")
				if !ok || trim(key) != name {
					continue
				}
				if !yield(trim(value)) {
					return
				}
			}
		}
	}
}

// trim removes the white space of HTTP (RFC 9110, section 5.6.3), and no other.
func trim(s string) string { return strings.Trim(s, " \t") }

// A cookie is everything of a Set-Cookie line that does not change. The value
// is base64url, so it is written as it is: http.SetCookie would look at each
// character again.
type cookie struct {
	name   string // with "="
	suffix string // attributes
	former []string
}

func newCookie(name string, o Options) cookie {
	if o.InsecureAllowHTTP {
		name = withoutPrefix(name)
	}
	suffix := func(a Attributes) string {
		s := "; Path=" + a.Path
		if a.Domain != "" {
			s += "; Domain=" + a.Domain
		}
		s += "; HttpOnly"
		if !o.InsecureAllowHTTP {
			s += "; Secure"
		}
		switch o.SameSite {
		case http.SameSiteStrictMode:
			s += "; SameSite=Strict"
		case http.SameSiteNoneMode:
			s += "; SameSite=None"
		default:
			s += "; SameSite=Lax"
		}
		if a.Partitioned {
			s += "; Partitioned"
		}
		return s
	}
	c := cookie{name: name + "=", suffix: suffix(o.Attributes)}
	for _, f := range o.Former {
		c.former = append(c.former, c.name+expired+suffix(f))
	}
	return c
}

// expired makes a browser drop a cookie. Expires is for clients from before
// RFC 6265.
const expired = "; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"

// set writes the cookie, for maxAge or until the browser closes.
func (c *cookie) set(h http.Header, room *lines, value string, maxAge time.Duration) {
	line := make([]byte, 0, len(c.name)+len(value)+len(maxAgeName)+20+len(c.suffix))
	line = append(append(line, c.name...), value...)
	if maxAge > 0 {
		line = append(line, maxAgeName...)
		line = strconv.AppendInt(line, int64(maxAge/time.Second), 10)
	}
	c.put(h, room, string(append(line, c.suffix...)))
}

const maxAgeName = "; Max-Age="

// remove makes the client drop the cookie.
func (c *cookie) remove(h http.Header, room *lines) { c.put(h, room, c.name+expired+c.suffix) }

// put leaves one line for this cookie, whoever wrote another before, and one
// for each former copy: those are other cookies to a client.
func (c *cookie) put(h http.Header, room *lines, line string) {
	set := h["Set-Cookie"]
	if len(set) == 0 && len(c.former) == 0 {
		h["Set-Cookie"] = room.one(line)
		return
	}
	set = slices.DeleteFunc(set, func(line string) bool {
		name, _, ok := strings.Cut(line, "=")
		return ok && trim(name) == c.name[:len(c.name)-1]
	})
	h["Set-Cookie"] = append(append(set, line), c.former...)
}
