package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/gorilla/securecookie"
)

// textCookie is a subject whose library makes a text of a map and back; the
// program does the rest by net/http.
type textCookie struct {
	slug string
	enc  func(map[string]any) (string, error)
	dec  func(string) (map[string]any, error)
}

// newSecurecookie is gorilla/securecookie with its JSON serializer.
func newSecurecookie(slug string) textCookie {
	var block []byte
	if slug == securecookieEncrypt {
		block = secret("securecookie block")
	}
	codec := securecookie.New(secret("securecookie hash"), block).
		SetSerializer(securecookie.JSONEncoder{}).
		MaxAge(int(lifetime / time.Second)).
		MaxLength(0)
	return textCookie{slug,
		func(values map[string]any) (string, error) { return codec.Encode(cookieName, values) },
		func(text string) (values map[string]any, err error) {
			return values, codec.Decode(cookieName, text, &values)
		},
	}
}

// newJWT is golang-jwt: the session's values are the claims.
func newJWT() textCookie {
	key := secret("jwt")
	parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}))
	keyOf := func(*jwt.Token) (any, error) { return key, nil }
	return textCookie{jwtHS256,
		func(values map[string]any) (string, error) {
			return jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims(values)).SignedString(key)
		},
		func(text string) (map[string]any, error) {
			claims := jwt.MapClaims{}
			if _, err := parser.ParseWithClaims(text, claims, keyOf); err != nil {
				return nil, err
			}
			return claims, nil
		},
	}
}

func (t textCookie) name() string { return t.slug }

func (t textCookie) encode(values map[string]any) (string, error) { return t.enc(values) }

func (t textCookie) decode(text string) (map[string]any, error) { return t.dec(text) }

// session is the request's, or an empty one.
func (t textCookie) session(r *http.Request) map[string]any {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return map[string]any{}
	}
	values, err := t.dec(c.Value)
	if err != nil {
		return map[string]any{}
	}
	return values
}

func (t textCookie) save(w http.ResponseWriter, values map[string]any) {
	text, err := t.enc(values)
	if err != nil {
		replyError(w, err)
		return
	}
	http.SetCookie(w, newCookie(text))
	reply(w)
}

func (t textCookie) handler(a act, j *job) http.Handler {
	return http.HandlerFunc(t.inner(a, j))
}

func (t textCookie) inner(a act, j *job) http.HandlerFunc {
	switch a {
	case create:
		return func(w http.ResponseWriter, _ *http.Request) { t.save(w, j.value) }
	case readOne:
		return func(w http.ResponseWriter, r *http.Request) {
			text, _ := t.session(r)[j.read].(string)
			j.heardText(j.read, text)
			reply(w)
		}
	case readAll:
		return func(w http.ResponseWriter, r *http.Request) {
			for key, value := range t.session(r) {
				j.heard(key, value)
			}
			reply(w)
		}
	case writeOne:
		return func(w http.ResponseWriter, r *http.Request) {
			values := t.session(r)
			text, _ := values[j.read].(string)
			j.heardText(j.read, text)
			values[j.write] = j.to
			t.save(w, values)
		}
	}
	return func(w http.ResponseWriter, _ *http.Request) { reply(w) }
}

// plainCookies is net/http alone with a cookie that is the JSON in base64,
// unprotected: the floor. It moves the text; only readAll looks into it.
type plainCookies struct{}

func (plainCookies) name() string { return plainCookie }

func (plainCookies) encode(values map[string]any) (string, error) {
	text, err := json.Marshal(values)
	return base64.RawURLEncoding.EncodeToString(text), err
}

func (plainCookies) decode(text string) (map[string]any, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	var values map[string]any
	return values, json.Unmarshal(raw, &values)
}

var errNoCookie = errors.New("no cookie")

func (p plainCookies) handler(a act, j *job) http.Handler {
	changed := make(map[string]any, len(j.value))
	for key, value := range j.value {
		changed[key] = value
	}
	if a == writeOne {
		changed[j.write] = j.to
	}
	text, err := p.encode(changed)
	must(err)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a == readOne || a == readAll || a == writeOne {
			c, err := r.Cookie(cookieName)
			if err != nil {
				replyError(w, errNoCookie)
				return
			}
			if a == readAll {
				values, _ := p.decode(c.Value)
				for key, value := range values {
					j.heard(key, value)
				}
			}
		}
		if a == create || a == writeOne {
			http.SetCookie(w, newCookie(text))
		}
		reply(w)
	})
}
