package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cookiesession/go/cookiesession"
)

// A panel is the inspector: the session, and what it weighs.
type panel struct {
	State   state
	Rows    []row
	Percent int    // of the limit
	Back    string // the page that the panel is on
	Created time.Time
	Expires time.Time
	Closes  bool // the cookie ends with the browser
}

// A row is one value of the session.
type row struct {
	Key, Value string
	Bytes      int
	From       int // where it begins in the bar of the whole cookie
	Color      int
}

func panelOf(s *cookiesession.Session, path string) *panel {
	p := &panel{State: stateOf(s), Back: path, Created: s.Created(), Expires: s.ExpiresAt(), Closes: s.ExpiresAtBrowserClose()}
	from := p.State.Size.Overhead
	for i, v := range p.State.Size.Values {
		p.Rows = append(p.Rows, row{v.Key, inJSON(p.State.Data[v.Key]), v.Bytes, from, i % 6})
		from += v.Bytes
	}
	p.Percent = 100 * p.State.Size.Total / p.State.Size.Limit
	return p
}

// inJSON is the beginning of a value; the API shows all of it.
func inJSON(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // the template does
	if err := e.Encode(v); err != nil {
		return fmt.Sprintf("%T", v)
	}
	text := strings.TrimSpace(b.String())
	const longest = 240
	if utf8.RuneCountInString(text) > longest {
		text = string([]rune(text)[:longest]) + "…"
	}
	return text
}

// setValue takes JSON, and anything else as text.
func setValue(w http.ResponseWriter, r *http.Request) {
	key, text := r.PostFormValue("key"), r.PostFormValue("value")
	if key == "" {
		http.Error(w, "A value needs a key.", http.StatusBadRequest)
		return
	}
	var value any = text
	if v, err := decodeJSON(strings.NewReader(text)); err == nil {
		value = v
	}
	cookiesession.FromContext(r.Context()).Set(key, value)
	redirect(w, r, "success", "Set “"+key+"”.", back(r))
}

func deleteValue(w http.ResponseWriter, r *http.Request) {
	s, key := cookiesession.FromContext(r.Context()), r.PostFormValue("key")
	if !s.Has(key) {
		redirect(w, r, "error", "There is no “"+key+"” in the session.", back(r))
		return
	}
	s.Delete(key)
	redirect(w, r, "success", "Deleted “"+key+"”.", back(r))
}

func renew(w http.ResponseWriter, r *http.Request) {
	cookiesession.FromContext(r.Context()).Renew()
	redirect(w, r, "success", "The session has a new ID and the same values.", back(r))
}
