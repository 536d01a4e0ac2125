package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// An exchange is a request with its cookie, a handler, and a response that can
// be repeated. It allocates nothing of its own.
type exchange struct {
	handler  http.Handler
	sent     http.Request // as the client sent it
	request  http.Request // a copy for each time: handlers may change it
	response response
}

func newExchange(h http.Handler, cookie string) *exchange {
	x := &exchange{handler: h}
	x.sent = http.Request{
		Method: "GET", URL: &url.URL{Path: "/"}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, Host: "www.example.org", RequestURI: "/",
	}
	if cookie != "" {
		x.sent.Header["Cookie"] = []string{cookieName + "=" + cookie}
	}
	x.response.header = http.Header{}
	return x
}

// do is one exchange.
func (x *exchange) do() {
	x.request = x.sent
	clear(x.response.header)
	x.response.status = http.StatusOK
	x.handler.ServeHTTP(&x.response, &x.request)
	if x.response.status != http.StatusOK {
		panic(fmt.Sprintf("the handler answered %d: %s", x.response.status, x.response.body))
	}
}

// repeat is n exchanges.
func (x *exchange) repeat(n int) {
	for range n {
		x.do()
	}
}

// setCookie is the value of the cookie that the response sets, and its whole
// line; "" if it sets none.
func (x *exchange) setCookie() (value, line string) {
	for _, line := range x.response.header["Set-Cookie"] {
		if rest, ok := strings.CutPrefix(line, cookieName+"="); ok {
			value, _, _ := strings.Cut(rest, ";")
			return value, "Set-Cookie: " + line
		}
	}
	return "", ""
}

// response is the least that a handler needs.
type response struct {
	header http.Header
	status int
	body   string // of an error
}

func (r *response) Header() http.Header { return r.header }

func (r *response) WriteHeader(status int) { r.status = status }

func (r *response) Write(b []byte) (int, error) {
	if r.status != http.StatusOK {
		r.body = string(b)
	}
	return len(b), nil
}

// cookieOf is the value of the cookie with which a subject keeps the payload,
// and the whole line that sets it; "" for one that keeps none.
func cookieOf(s subject, p *payload) (value, line string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s, %s: %v", s.name(), p.name, r)
		}
	}()
	x := newExchange(s.handler(create, &job{payload: p}), "")
	x.do()
	value, line = x.setCookie()
	return value, line, nil
}

// forge alters one character of a cookie, near its end: where the tag is.
func forge(value string) string {
	b := []byte(value)
	i := len(b) - 6
	for i > 0 && (b[i] == '=' || b[i] == '.' || b[i] == '-' || b[i] == '_') {
		i--
	}
	if b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}
