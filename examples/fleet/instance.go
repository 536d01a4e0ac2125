package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/middleware"
)

// config is what an instance is made of.
type config struct {
	name           string
	keys           string        // path of the ring
	reload         time.Duration // how often it is read
	lifetime, idle time.Duration
	now            func() time.Time                // nil: time.Now
	ringer         func(*keys.Watcher) keys.Ringer // what the codec gets of the watcher; nil: all of it
}

// An instance is a running server.
type instance struct {
	config
	watcher  *keys.Watcher
	sessions *middleware.Sessions
}

// run serves until the context is done.
func (c config) run(ctx context.Context, console io.Writer) error {
	i, err := c.open(ctx)
	if err != nil {
		return err
	}
	go i.watcher.Run(ctx, i.reload)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(console, "listening on http://%s\n", listener.Addr())
	return serve(ctx, listener, i.routes())
}

func (c config) open(ctx context.Context) (*instance, error) {
	slog.SetDefault(slog.Default().With("instance", c.name))
	if c.now == nil {
		c.now = time.Now
	}
	watcher, err := keys.NewWatcher(ctx, keys.File(c.keys), keys.WatcherOptions{Now: c.now})
	if err != nil {
		return nil, err
	}
	var ring keys.Ringer = watcher
	if c.ringer != nil {
		ring = c.ringer(watcher)
	}
	codec, err := cookiesession.NewCodec(ring, cookiesession.Options{Lifetime: c.lifetime, Idle: c.idle, Now: c.now})
	if err != nil {
		return nil, err
	}
	// The fleet is for this machine, where there is no TLS.
	sessions, err := middleware.New(codec, middleware.Options{InsecureAllowHTTP: true})
	if err != nil {
		return nil, err
	}
	return &instance{c, watcher, sessions}, nil
}

func (i *instance) routes() http.Handler {
	visits := http.NewServeMux()
	visits.HandleFunc("GET /{$}", i.page)
	visits.HandleFunc("GET /api/visit", i.apiVisit)
	visits.HandleFunc("GET /api/session", i.apiSession)

	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/ring", i.apiRing)
	mux.HandleFunc("GET /style.css", style)
	mux.Handle("/", i.sessions.Handler(visits))
	return mux
}

// An answer is what a request came to.
type answer struct {
	Instance string    `json:"instance"`
	ID       string    `json:"id"`
	Created  time.Time `json:"created"`
	Visits   int       `json:"visits"`
	Came     string    `json:"came"`  // the key that the cookie was under, "" for a new session
	Signer   string    `json:"signs"` // the key that signs now
	Refused  []string  `json:"refused,omitempty"`
}

// visit counts, which writes the session and so moves it to the key that signs now.
func (i *instance) visit(s *cookiesession.Session) answer {
	s.Set("visits", s.GetInt("visits")+1)
	return i.look(s)
}

// look only reads.
func (i *instance) look(s *cookiesession.Session) answer {
	a := answer{Instance: i.name, ID: s.ID(), Created: s.Created(), Visits: s.GetInt("visits")}
	if id, ok := s.KeyID(); ok {
		a.Came = id.String()
	}
	if key, err := i.watcher.Ring().Signer(i.now()); err == nil {
		a.Signer = key.ID().String()
	}
	for _, err := range s.Rejected() {
		a.Refused = append(a.Refused, err.Error())
	}
	return a
}

func (i *instance) apiVisit(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, i.visit(cookiesession.FromContext(r.Context())))
}

func (i *instance) apiSession(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, i.look(cookiesession.FromContext(r.Context())))
}

// A ringState is what an operator wants to know of the ring of an instance.
type ringState struct {
	Instance string    `json:"instance"`
	Loaded   time.Time `json:"loaded"`
	Error    string    `json:"error,omitempty"` // of the last load
	Keys     []keyRow  `json:"keys"`
}

// A keyRow is one key: where it stands, and the evidence whether it is still used.
type keyRow struct {
	ID      keys.ID   `json:"id"`
	State   string    `json:"state"`
	From    time.Time `json:"from,omitzero"`
	Retires time.Time `json:"retires,omitzero"`
	Seen    uint64    `json:"seen"`
	Last    time.Time `json:"last,omitzero"`
}

// live is the longest time that a cookie lives without being sealed again.
func (c config) live() time.Duration {
	if c.idle > 0 && (c.lifetime <= 0 || c.idle < c.lifetime) {
		return c.idle
	}
	return c.lifetime
}

func (i *instance) ring() ringState {
	at, err := i.watcher.Loaded()
	state := ringState{Instance: i.name, Loaded: at.UTC()}
	if err != nil {
		state.Error = err.Error()
	}
	seen := map[keys.ID]keys.Sighting{}
	for _, s := range i.watcher.Sightings() {
		seen[s.ID] = s
	}
	for _, s := range i.watcher.Ring().Status(i.now(), i.live()) {
		if s.Retires.Year() > 9999 { // which JSON cannot write
			s.Retires = time.Time{}
		}
		state.Keys = append(state.Keys, keyRow{s.ID, s.State.String(), s.From, s.Retires, seen[s.ID].Count, seen[s.ID].Last})
	}
	return state
}

func (i *instance) apiRing(w http.ResponseWriter, r *http.Request) { writeJSON(w, i.ring()) }

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if err := json.NewEncoder(w).Encode(v); err != nil && !errors.Is(err, context.Canceled) {
		slog.Warn("the answer was not sent", "error", err)
	}
}
