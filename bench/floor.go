package main

import (
	"context"
	"net/http"
)

// contexts puts one value into the context, and does nothing else: the least
// that a middleware with something for its handlers can do.
type contexts struct{}

type contextKey struct{}

func (contexts) name() string { return contextOnly }

func (contexts) handler(a act, j *job) http.Handler {
	value := new(int)
	next := bare{}.handler(a, j)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(context.WithValue(r.Context(), contextKey{}, value))
		next.ServeHTTP(w, r)
	})
}

// bare is a handler with no cookie work.
type bare struct{}

func (bare) name() string { return nothing }

func (b bare) handler(act, *job) http.Handler { return http.HandlerFunc(b.serve) }

//go:noinline
func (bare) serve(w http.ResponseWriter, _ *http.Request) { reply(w) }
