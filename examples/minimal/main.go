package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/middleware"
)

func main() {
	ctx := context.Background()
	source, _, err := keys.FileOrNew("session.keys") // in production: keys.File or keys.Env
	check(err)
	watcher, err := keys.NewWatcher(ctx, source, keys.WatcherOptions{})
	check(err)
	go watcher.Run(ctx, 30*time.Second) // follows the file
	codec, err := cookiesession.NewCodec(watcher, cookiesession.Options{})
	check(err)
	sessions, err := middleware.New(codec, middleware.Options{})
	check(err)

	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		s := cookiesession.FromContext(r.Context())
		s.Set("visits", s.GetInt("visits")+1)
		fmt.Fprintln(w, "visit", s.GetInt("visits"))
	})
	check(http.ListenAndServe("127.0.0.1:8080", sessions.Handler(mux)))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
