package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCookies(t *testing.T) {
	const name = "__Host-session"
	own := func(values ...string) (all []cookie) {
		for _, v := range values {
			all = append(all, cookie{name, v})
		}
		return all
	}
	for _, tt := range []struct {
		name, text string
		want       []cookie
	}{
		{"bare", " abc\n", own("abc")},
		{"a pair", "__Host-session=abc", own("abc")},
		{"a header's value", "a=b; __Host-session=abc;__Host-session=def", own("abc", "def")},
		{"a line", "Cookie: a=b;\t__Host-session=abc\r\n", own("abc")},
		{"a line of HTTP/2", "cookie: __Host-session=abc", own("abc")},
		{"a line that sets", "Set-Cookie: __Host-session=abc; Path=/; __Host-session=attribute", own("abc")},
		{"a line that deletes", "set-cookie: __Host-session=; Max-Age=0", own("")},
		{"without its prefix", "session=abc; a=b", []cookie{{"session", "abc"}}},
		{"with and without", "session=abc; __Host-session=def", own("def")},
		{"of curl -v", "> GET /?__Host-session=no HTTP/1.1\n> Cookie: __Host-session=abc\n<\n< Set-Cookie: __Host-session=def; Path=/\n", own("abc", "def")},
		{"of curl -i", "HTTP/1.1 200 OK\r\nSet-Cookie: __Host-session=abc\r\n\r\n<p class=__Host-session=no>", own("abc")},
		{"an equals sign in the value", "__Host-session=a=b", own("a=b")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := cookies(tt.text, name)
			assert.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
	for text, want := range map[string]string{
		"":                        "there is no cookie: give its value",
		"two words":               "there is no cookie: give its value",
		"Cookie: a=b; \x1b[31m=c": `there is no cookie "__Host-session", but "a", "\x1b[31m"; give`,
		"Session=abc":             `but "Session"`,
		strings.Repeat("a", 100) + "==;" + strings.Repeat("x=y; ", 3): `but "……", "x"; give`,
		"a=;b=;c=;d=;e=;f=;g=;h=;i=;j=;k=;l=":                         `"j" and 2 more; give`,
	} {
		_, err := cookies(text, name)
		assert.ErrorContains(t, err, want)
	}
}
