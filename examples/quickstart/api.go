package main

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/cookiesession/go/cookiesession"
)

// state is the session as JSON.
type state struct {
	Data     map[string]any     `json:"data"`
	ID       string             `json:"id"`
	Key      string             `json:"key"` // ID of the key that sealed the cookie
	Created  string             `json:"created"`
	Expires  string             `json:"expires"`
	Modified bool               `json:"modified"`
	Size     cookiesession.Size `json:"size"`
}

func stateOf(s *cookiesession.Session) state {
	st := state{Data: map[string]any{}, ID: s.ID(), Size: s.Size()}
	for key, value := range s.All() {
		st.Data[key] = value
	}
	if id, ok := s.KeyID(); ok {
		st.Key = id.String()
	}
	if st.ID != "" {
		st.Created = s.Created().Format(time.RFC3339)
		st.Expires = s.ExpiresAt().Format(time.RFC3339)
	}
	if st.Size.Values == nil {
		st.Size.Values = []cookiesession.ValueSize{}
	}
	st.Modified = s.Modified()
	return st
}

func apiGet(w http.ResponseWriter, r *http.Request) {
	answer(w, http.StatusOK, stateOf(cookiesession.FromContext(r.Context())))
}

func apiPut(w http.ResponseWriter, r *http.Request) {
	value, err := decodeJSON(http.MaxBytesReader(w, r.Body, 1<<20))
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		answer(w, http.StatusRequestEntityTooLarge, map[string]string{"error": "the body is longer than 1 MiB"})
		return
	} else if err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"error": "the body is not one JSON value"})
		return
	}
	cookiesession.FromContext(r.Context()).Set(r.PathValue("key"), value)
	w.WriteHeader(http.StatusNoContent)
}

func apiDelete(w http.ResponseWriter, r *http.Request) {
	cookiesession.FromContext(r.Context()).Delete(r.PathValue("key"))
	w.WriteHeader(http.StatusNoContent)
}

func apiFlush(w http.ResponseWriter, r *http.Request) {
	cookiesession.FromContext(r.Context()).Flush()
	w.WriteHeader(http.StatusNoContent)
}

func apiRenew(w http.ResponseWriter, r *http.Request) {
	cookiesession.FromContext(r.Context()).Renew()
	w.WriteHeader(http.StatusNoContent)
}

// decodeJSON reads one JSON value, its numbers as exact as their text.
func decodeJSON(body io.Reader) (any, error) {
	d := json.NewDecoder(body)
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.Join(err, errors.New("something follows the value"))
	}
	return value, nil
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone, or the session was not written
}
