package main

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/cookiesession/go/cookiesession"
)

// A weight is a key of a session that was too large, and what it weighs in the
// one that the browser keeps.
type weight struct {
	Key        string
	Bytes, Now int
}

// notSaved answers when the session could not be written. The client keeps
// the cookie it has, and kept is the session in it. The error names sizes and
// keys, never values.
func notSaved(w http.ResponseWriter, r *http.Request, kept *cookiesession.Session, err error) {
	slog.WarnContext(r.Context(), "the session was not written", "error", err, "path", r.URL.Path)
	if strings.HasPrefix(r.URL.Path, "/api/") {
		answer(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
		return
	}
	data := map[string]any{"Error": err.Error()}
	var large *cookiesession.TooLargeError
	if errors.As(err, &large) {
		now := map[string]int{}
		for _, v := range kept.Size().Values {
			now[v.Key] = v.Bytes
		}
		var largest []weight
		for _, v := range large.Values[:min(5, len(large.Values))] {
			largest = append(largest, weight{v.Key, v.Bytes, now[v.Key]})
		}
		data["Large"], data["Over"], data["Largest"] = large, large.Total-large.Limit, largest
	}
	p := pageOf(kept, back(r), "The session was not saved", data)
	p.Path = "" // this page is none of those in the menu
	write(w, http.StatusInternalServerError, "failed.html", p)
}
