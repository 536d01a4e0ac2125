package main

import (
	"net/http"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
)

// gorilla is gorilla/sessions with its CookieStore, which encodes with gob.
type gorilla struct {
	slug  string
	store *sessions.CookieStore
}

func newGorilla(slug string) gorilla {
	pair := [][]byte{secret("gorilla hash"), nil}
	if slug == gorillaEncrypted {
		pair[1] = secret("gorilla block")
	}
	store := sessions.NewCookieStore(pair...)
	store.Options.HttpOnly = true
	store.Options.SameSite = http.SameSiteLaxMode
	store.MaxAge(int(lifetime / time.Second))
	for _, codec := range store.Codecs {
		codec.(*securecookie.SecureCookie).MaxLength(0)
	}
	return gorilla{slug, store}
}

func (g gorilla) name() string { return g.slug }

func (g gorilla) handler(a act, j *job) http.Handler {
	return http.HandlerFunc(g.inner(a, j))
}

func (g gorilla) inner(a act, j *job) http.HandlerFunc {
	switch a {
	case create:
		return func(w http.ResponseWriter, r *http.Request) {
			s, _ := g.store.Get(r, cookieName)
			for key, value := range j.value {
				s.Values[key] = value
			}
			if err := s.Save(r, w); err != nil {
				replyError(w, err)
				return
			}
			reply(w)
		}
	case readOne:
		return func(w http.ResponseWriter, r *http.Request) {
			s, _ := g.store.Get(r, cookieName)
			text, _ := s.Values[j.read].(string)
			j.heardText(j.read, text)
			reply(w)
		}
	case readAll:
		return func(w http.ResponseWriter, r *http.Request) {
			s, _ := g.store.Get(r, cookieName)
			for key, value := range s.Values {
				name, _ := key.(string)
				j.heard(name, value)
			}
			reply(w)
		}
	case writeOne:
		return func(w http.ResponseWriter, r *http.Request) {
			s, _ := g.store.Get(r, cookieName)
			text, _ := s.Values[j.read].(string)
			j.heardText(j.read, text)
			s.Values[j.write] = j.to
			if err := s.Save(r, w); err != nil {
				replyError(w, err)
				return
			}
			reply(w)
		}
	}
	return func(w http.ResponseWriter, _ *http.Request) { reply(w) }
}

func (g gorilla) encode(values map[string]any) (string, error) {
	all := make(map[any]any, len(values))
	for key, value := range values {
		all[key] = value
	}
	return securecookie.EncodeMulti(cookieName, all, g.store.Codecs...)
}

func (g gorilla) decode(text string) (map[string]any, error) {
	var all map[any]any
	if err := securecookie.DecodeMulti(cookieName, text, &all, g.store.Codecs...); err != nil {
		return nil, err
	}
	values := make(map[string]any, len(all))
	for key, value := range all {
		name, _ := key.(string)
		values[name] = value
	}
	return values, nil
}
