package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/cookiesession/go/cookiesession"
)

// Attributes are what tells a cookie apart from others of its name.
type Attributes struct {
	// Domain, if set, sends the cookie to all hosts below it. Default none:
	// the host alone.
	Domain string
	// Path below which the cookie is sent. Default "/".
	Path string
	// Partitioned gives each top-level site a cookie jar of its own (CHIPS).
	Partitioned bool
}

// Options say how cookies travel. The zero value is the recommended policy:
// Secure, HttpOnly, SameSite=Lax, Path=/, no Domain.
type Options struct {
	Attributes
	// SameSite of the cookie. Default http.SameSiteLaxMode.
	SameSite http.SameSite
	// InsecureAllowHTTP is for development without TLS: it leaves out Secure,
	// and a prefix such as __Host- from the name, which browsers would refuse.
	InsecureAllowHTTP bool
	// Former are attributes that this cookie had before. Copies with them may
	// still be in browsers, so they are deleted whenever the cookie is written.
	Former []Attributes

	// OnReject hears why a cookie did not open; err wraps
	// cookiesession.ErrInvalid. Default: logged with slog, expired ones at
	// debug level, others at info.
	OnReject func(r *http.Request, err error)
	// OnError answers when the session cannot be written; err may be a
	// *cookiesession.TooLargeError. Headers that described the handler's body
	// are gone, and Cache-Control is no-store. If it writes nothing, the
	// answer is a bare 500. Default: err is logged at error level and the
	// answer is a 500 that says nothing of it.
	OnError func(w http.ResponseWriter, r *http.Request, err error)
	// OnLate hears of a change, or a first look, after the response had begun.
	// It may be called from the handler's goroutines. Default: logged at warn
	// level.
	OnLate func(r *http.Request, err error)
	// OnLarge hears of a session that was written and has reached
	// cookiesession.Options.WarnSize: in time, before one does not fit. size names
	// the largest keys. Default: logged at warn level.
	OnLarge func(r *http.Request, size cookiesession.Size)
	// OnSkip hears of a changed session that was not written, because of a
	// status of 500 or above, a panic, or a hijacked connection; and of one
	// that was only read, whose idle time could not be renewed. Default: logged
	// at warn level.
	OnSkip func(r *http.Request, err error)
}

// check returns every mistake. name is the codec's.
func (o *Options) check(name string) error {
	var errs []error
	wrong := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("middleware: "+format, args...))
	}
	host := hasPrefixFold(name, "__Host-")
	if host && (o.Domain != "" || o.Path != "/") {
		wrong("a cookie named %s has no Domain, and the Path /; browsers drop it otherwise: choose another name, or leave Domain and Path empty", name)
	}
	if withoutPrefix(name) == "" {
		wrong("the cookie's name %s is a prefix and nothing else", name)
	}
	o.Attributes.check("Options", wrong)
	for i, f := range o.Former {
		f.complete()
		field := fmt.Sprintf("Options.Former[%d]", i)
		f.check(field, wrong)
		if f == o.Attributes {
			wrong("%s are the attributes that the cookie has now", field)
		}
		if host && (f.Domain != "" || f.Path != "/") {
			wrong("%s cannot have been: a cookie named %s has no Domain, and the Path /", field, name)
		}
		o.Former[i] = f
	}
	switch o.SameSite {
	case http.SameSiteLaxMode, http.SameSiteStrictMode:
	case http.SameSiteNoneMode:
		if o.InsecureAllowHTTP {
			wrong("Options.SameSite is None, which browsers take with Secure only, and InsecureAllowHTTP leaves that out")
		}
	default:
		wrong("Options.SameSite is %d; it is Lax (the default), Strict or None", o.SameSite)
	}
	if o.Partitioned && o.InsecureAllowHTTP {
		wrong("Options.Partitioned needs Secure, and InsecureAllowHTTP leaves that out")
	}
	return errors.Join(errs...)
}

func (a *Attributes) complete() {
	// As browsers compare them (RFC 6265, section 5.2.3).
	a.Domain = strings.ToLower(strings.TrimPrefix(a.Domain, "."))
	if a.Path == "" {
		a.Path = "/"
	}
}

func (a Attributes) check(field string, wrong func(string, ...any)) {
	if !isDomain(a.Domain) {
		wrong("%s: Domain %q is no host name", field, a.Domain)
	}
	if a.Path[0] != '/' || strings.ContainsFunc(a.Path, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ';' }) {
		wrong("%s: Path %q does not begin with / or has a character that a cookie's path cannot have", field, a.Path)
	}
}

// isDomain lets through what can stand in a Domain attribute: a host name in
// ASCII. Whether browsers accept it is theirs to say.
func isDomain(s string) bool {
	if s == "" {
		return true
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i] | 0x20
			if !('a' <= c && c <= 'z' || '0' <= label[i] && label[i] <= '9' || label[i] == '-') {
				return false
			}
		}
	}
	return len(s) <= 253
}

// hasPrefixFold is how browsers compare cookie name prefixes: without case.
func hasPrefixFold(name, prefix string) bool {
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}

// withoutPrefix is the name that a browser takes without Secure.
func withoutPrefix(name string) string {
	for _, prefix := range []string{"__Host-", "__Http-", "__Secure-"} {
		if hasPrefixFold(name, prefix) {
			return withoutPrefix(name[len(prefix):])
		}
	}
	return name
}
