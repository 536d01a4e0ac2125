package main

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
)

//go:embed page.html style.css
var files embed.FS

// A mark is one answer that the visitor got: by which instance, under which key.
type mark struct {
	Instance string `json:"i"`
	Key      string `json:"k"`
}

// history is kept in the session, so it shows by itself that none is lost.
const history = cookiesession.Field[[]mark]("history")

// remembered is how many answers a session holds.
const remembered = 24

// A view is what the page shows.
type view struct {
	answer
	Ring    ringState
	History []mark
	Now     time.Time
	colors  map[string]int
}

func (i *instance) page(w http.ResponseWriter, r *http.Request) {
	s := cookiesession.FromContext(r.Context())
	v := view{answer: i.visit(s), Ring: i.ring(), Now: i.now().UTC().Truncate(time.Second)}
	err := history.Update(s, func(all *[]mark) error {
		*all = append(*all, mark{i.name, v.Signer})
		*all = (*all)[max(0, len(*all)-remembered):]
		return nil
	})
	if err != nil {
		slog.Warn("the history could not be read", "error", err)
		history.Set(s, nil)
	}
	v.History = history.Get(s)
	v.colors = colors(v)

	var body bytes.Buffer
	if err := pages.Execute(&body, v); err != nil {
		slog.Error("the page was not made", "error", err)
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	_, _ = body.WriteTo(w) // the client is gone, or the session was not written
}

var pages = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"rfc":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"clock": func(t time.Time) string { return t.UTC().Format("15:04:05") },
}).ParseFS(files, "page.html"))

// shades is how many colors there are for keys.
const shades = 6

// colors gives each key on the page a color: one that its ID picks, or the next that is free.
func colors(v view) map[string]int {
	all := map[string]int{}
	taken := [shades]bool{}
	pick := func(text string) {
		id, err := keys.ParseID(text)
		if _, done := all[text]; done || err != nil {
			return
		}
		color := int(id[3]) % shades
		for range shades {
			if !taken[color] {
				break
			}
			color = (color + 1) % shades
		}
		taken[color] = true
		all[text] = color
	}
	for _, key := range v.Ring.Keys {
		pick(key.ID.String())
	}
	for _, m := range v.History {
		pick(m.Key)
	}
	return all
}

// Color is the class of a key.
func (v view) Color(key any) string {
	if color, ok := v.colors[fmt.Sprint(key)]; ok {
		return fmt.Sprintf("c%d", color)
	}
	return "none"
}

// When says an instant as a person does.
func (v view) When(t time.Time) string {
	if t.IsZero() {
		return "always"
	}
	switch d := t.Sub(v.Now).Round(time.Second); {
	case d > 0:
		return "in " + d.String()
	case d > -time.Second:
		return "now"
	default:
		return (-d).String() + " ago"
	}
}

func style(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeFileFS(w, r, files, "style.css")
}
