package main

import (
	"context"
	"net/http"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/middleware"
)

type ours struct {
	slug     string
	codec    *cookiesession.Codec
	sessions *middleware.Sessions
}

func newOurs(slug string) ours {
	opts := cookiesession.Options{MaxSize: cookieMax, WarnSize: -1} // the peers log nothing, either
	if slug == oursEncrypted {
		opts.Protection = cookiesession.Encrypted
	}
	return oursWith(slug, opts)
}

func oursWith(slug string, opts cookiesession.Options) ours {
	opts.Name = cookieName
	key, err := keys.NewKey(secret("ours"))
	must(err)
	ring, err := keys.ParseRing(key.Reveal() + "\n")
	must(err)
	codec, err := cookiesession.NewCodec(ring, opts)
	must(err)
	sessions, err := middleware.New(codec, middleware.Options{
		OnReject: func(*http.Request, error) {}, // the peers log nothing, either
		OnError:  func(w http.ResponseWriter, _ *http.Request, err error) { replyError(w, err) },
	})
	must(err)
	return ours{slug, codec, sessions}
}

func (o ours) name() string { return o.slug }

func (o ours) handler(a act, j *job) http.Handler {
	return o.sessions.Handler(o.inner(a, j))
}

func (o ours) inner(a act, j *job) http.HandlerFunc {
	switch a {
	case create:
		return func(w http.ResponseWriter, r *http.Request) {
			cookiesession.FromContext(r.Context()).SetAll(j.value)
			reply(w)
		}
	case readOne:
		return func(w http.ResponseWriter, r *http.Request) {
			s := cookiesession.FromContext(r.Context())
			j.heardText(j.read, s.GetString(j.read))
			reply(w)
		}
	case readAll:
		return func(w http.ResponseWriter, r *http.Request) {
			for key, value := range cookiesession.FromContext(r.Context()).All() {
				j.heard(key, value)
			}
			reply(w)
		}
	case writeOne:
		return func(w http.ResponseWriter, r *http.Request) {
			s := cookiesession.FromContext(r.Context())
			j.heardText(j.read, s.GetString(j.read))
			s.Set(j.write, j.to)
			reply(w)
		}
	}
	return func(w http.ResponseWriter, _ *http.Request) { reply(w) }
}

func (o ours) encode(values map[string]any) (string, error) {
	s := o.codec.New(context.Background())
	s.SetAll(values)
	return o.codec.Encode(s)
}

func (o ours) decode(text string) (map[string]any, error) {
	s, err := o.codec.Decode(context.Background(), text)
	if err != nil {
		return nil, err
	}
	values := make(map[string]any, s.Len())
	for key, value := range s.All() {
		values[key] = value
	}
	return values, s.Err()
}

// weight is the characters of the cookie's value, even where it is too large to
// be written.
func (o ours) weight(values map[string]any) int {
	s := o.codec.New(context.Background())
	s.SetAll(values)
	return s.Size().Total - len(cookieName)
}
