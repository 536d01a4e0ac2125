package main

import (
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
)

// scsSessions is alexedwards/scs with its memory store: the session lives on the
// server, and the cookie is a token.
type scsSessions struct{ manager *scs.SessionManager }

func newSCS() scsSessions {
	m := scs.New()
	m.Store = memstore.NewWithCleanupInterval(0)
	m.Lifetime = lifetime
	m.Cookie.Name = cookieName
	m.Cookie.Secure = true
	m.ErrorFunc = func(w http.ResponseWriter, _ *http.Request, err error) { replyError(w, err) }
	return scsSessions{m}
}

func (scsSessions) name() string { return scsMemory }

func (s scsSessions) handler(a act, j *job) http.Handler {
	return s.manager.LoadAndSave(http.HandlerFunc(s.inner(a, j)))
}

func (s scsSessions) inner(a act, j *job) http.HandlerFunc {
	m := s.manager
	switch a {
	case create:
		return func(w http.ResponseWriter, r *http.Request) {
			for key, value := range j.value {
				m.Put(r.Context(), key, value)
			}
			reply(w)
		}
	case readOne:
		return func(w http.ResponseWriter, r *http.Request) {
			j.heardText(j.read, m.GetString(r.Context(), j.read))
			reply(w)
		}
	case readAll:
		return func(w http.ResponseWriter, r *http.Request) {
			for _, key := range m.Keys(r.Context()) {
				j.heard(key, m.Get(r.Context(), key))
			}
			reply(w)
		}
	case writeOne:
		return func(w http.ResponseWriter, r *http.Request) {
			j.heardText(j.read, m.GetString(r.Context(), j.read))
			m.Put(r.Context(), j.write, j.to)
			reply(w)
		}
	}
	return func(w http.ResponseWriter, _ *http.Request) { reply(w) }
}

// The memory store keeps what the codec makes, so this is scs's own work.
func (s scsSessions) encode(values map[string]any) (string, error) {
	b, err := s.manager.Codec.Encode(time.Now().Add(lifetime), values)
	return string(b), err
}

func (s scsSessions) decode(text string) (map[string]any, error) {
	_, values, err := s.manager.Codec.Decode([]byte(text))
	return values, err
}
