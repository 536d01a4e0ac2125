package middleware_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cookiesession/go/middleware"
)

func TestCandidates(t *testing.T) {
	for _, tc := range []struct {
		name  string
		lines []string
		want  []string
	}{
		{"none", nil, nil},
		{"one", []string{"s=a"}, []string{"a"}},
		{"among others", []string{"x=1; s=a; y=2"}, []string{"a"}},
		{"several", []string{"s=a; s=b;s=c"}, []string{"a", "b", "c"}},
		{"on several lines", []string{"s=a", "x=1", "s=b"}, []string{"a", "b"}},
		{"longer and shorter names", []string{"ss=1; S=2; s2=3; =s; s"}, nil},
		{"as a value", []string{"x=s=a; y=s"}, nil},
		{"with =", []string{"s=a=b"}, []string{"a=b"}},
		{"empty", []string{"s=", "; ;s=;"}, []string{"", ""}},
		{"white space of HTTP", []string{"\t s \t=\t a \t; s=b "}, []string{"a", "b"}},
		{"other white space stays", []string{"s=a\u00a0", "\u2003s=b", "s=c\v"}, []string{"a\u00a0", "c\v"}},
		{"quoted stays", []string{`s="a"`}, []string{`"a"`}},
		{"commas do not separate", []string{"s=a, s=b"}, []string{"a, s=b"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			assert.Equal(t, tc.want, slices.Collect(middleware.Candidates(http.Header{"Cookie": tc.lines}, "s")))
		})
	}
	n := 0
	for range middleware.Candidates(http.Header{"Cookie": {"s=a; s=b"}}, "s") {
		n++
		break
	}
	assert.Equal(t, 1, n, "stops when it is told to")
}

// FuzzCandidates holds that we see every cookie value of ours that net/http
// sees, in the same order, and no other. It leaves out where net/http does
// otherwise: it removes quotes, trims line ends, and drops a value after a tab.
func FuzzCandidates(f *testing.F) {
	for _, seed := range []string{"s=a", "a=b; s=abc; s=d-_", " s = x ;s=y", "s", "=", ";;;", "s=a,b; s=\x00", "t=s=1;s==", "s=A\t;\ts=B"} {
		f.Add(seed, seed)
	}
	ours := func(v string) bool {
		return v != "" && !strings.ContainsFunc(v, func(r rune) bool {
			return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", r)
		})
	}
	tab := regexp.MustCompile(`= *\t`)
	f.Fuzz(func(t *testing.T, a, b string) {
		if tab.MatchString(a+b) || strings.ContainsAny(a+b, "\r\n\"") || strings.Count(a+b, ";") > 2000 {
			t.Skip()
		}
		h := http.Header{"Cookie": {a, b}}
		var theirs, mine []string
		for _, c := range (&http.Request{Header: h}).CookiesNamed("s") {
			if v := strings.Trim(c.Value, " \t"); ours(v) {
				theirs = append(theirs, v)
			}
		}
		for v := range middleware.Candidates(h, "s") {
			if ours(v) {
				mine = append(mine, v)
			}
		}
		assert.Equal(t, theirs, mine)
	})
}
