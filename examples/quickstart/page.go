package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strings"

	"github.com/cookiesession/go/cookiesession"
)

//go:embed page.html failed.html style.css
var files embed.FS

var pages = template.Must(template.ParseFS(files, "*.html"))

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", page)
	mux.HandleFunc("POST /set", setValue)
	mux.HandleFunc("POST /delete", deleteValue)
	mux.HandleFunc("POST /renew", act((*cookiesession.Session).Renew))
	mux.HandleFunc("POST /flush", act((*cookiesession.Session).Flush))

	mux.HandleFunc("GET /api/session", apiGet)
	mux.HandleFunc("PUT /api/session/{key}", apiPut)
	mux.HandleFunc("DELETE /api/session/{key}", apiDelete)
	mux.HandleFunc("POST /api/session/flush", apiFlush)
	mux.HandleFunc("POST /api/session/renew", apiRenew)

	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=300")
		http.ServeFileFS(w, r, files, "style.css")
	})
	return mux
}

// A row is one value of the session on the page.
type row struct {
	Key, Value string
	Bytes      int
	Percent    float64 // of the limit
}

func page(w http.ResponseWriter, r *http.Request) {
	st := stateOf(cookiesession.FromContext(r.Context()))
	var rows []row
	for _, v := range st.Size.Values {
		rows = append(rows, row{v.Key, inJSON(st.Data[v.Key]), v.Bytes, 100 * float64(v.Bytes) / float64(st.Size.Limit)})
	}
	show(w, "page.html", map[string]any{
		"State":   st,
		"Rows":    rows,
		"Percent": fmt.Sprintf("%.0f", 100*float64(st.Size.Total)/float64(st.Size.Limit)),
	})
}

func inJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%T", v)
	}
	return string(text)
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
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func deleteValue(w http.ResponseWriter, r *http.Request) {
	cookiesession.FromContext(r.Context()).Delete(r.PostFormValue("key"))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func act(do func(*cookiesession.Session)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		do(cookiesession.FromContext(r.Context()))
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func show(w http.ResponseWriter, name string, data any) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	if err := pages.ExecuteTemplate(w, name, data); err != nil {
		slog.Error("the page was not written", "page", name, "error", err)
	}
}
