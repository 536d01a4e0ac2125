// Quickstart is a small shop: sign in, fill a cart, and see on every page what
// the session holds and what it weighs. The session is served as JSON, too.
// Nothing is stored on the server.
//
// It is configured by environment variables:
//
//	ADDR                 address to listen on; default 127.0.0.1:8080
//	SESSION_KEYS         the key ring itself, in one line
//	SESSION_KEYS_FILE    or a file that holds it; without either,
//	                     session.keys is made in this folder and used
//	SESSION_KEYS_RELOAD  how often the file is read again, so that keys rotate
//	                     while the shop serves; default 30s
//	SESSION_PROTECTION   signed (the default) or encrypted
//	SESSION_LIFETIME     such as 24h; default 336h, 14 days
//	SESSION_COOKIE_NAME  default __Host-session
//	SESSION_REALM        separates deployments that share keys; default none
//	SESSION_INSECURE     1 lets browsers send the cookie without TLS
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/middleware"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, console io.Writer) error {
	sessions, err := newSessions(ctx, console)
	if err != nil {
		return err
	}
	addr := os.Getenv("ADDR")
	if addr == "" {
		addr = "127.0.0.1:8080"
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(console, "listening on http://%s\n", listener.Addr())

	// State-changing requests from other origins are refused: a browser sends
	// the cookie with them, too.
	handler := http.NewCrossOriginProtection().Handler(sessions.Handler(routes()))
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		stopped <- server.Shutdown(grace)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// newSessions is the middleware as the environment asks for it.
func newSessions(ctx context.Context, console io.Writer) (*middleware.Sessions, error) {
	source, err := keySource(console)
	if err != nil {
		return nil, err
	}
	watcher, err := keys.NewWatcher(ctx, source, keys.WatcherOptions{})
	if err != nil {
		return nil, err
	}
	reload := 30 * time.Second
	if text := os.Getenv("SESSION_KEYS_RELOAD"); text != "" {
		if reload, err = time.ParseDuration(text); err != nil || reload <= 0 {
			return nil, fmt.Errorf("SESSION_KEYS_RELOAD is %q; it is a duration such as 30s", text)
		}
	}
	go watcher.Run(ctx, reload)
	opts := cookiesession.Options{
		Name:  os.Getenv("SESSION_COOKIE_NAME"),
		Realm: os.Getenv("SESSION_REALM"),
	}
	switch p := os.Getenv("SESSION_PROTECTION"); p {
	case "", "signed":
	case "encrypted":
		opts.Protection = cookiesession.Encrypted
	default:
		return nil, fmt.Errorf("SESSION_PROTECTION is %q; it is signed or encrypted", p)
	}
	if text := os.Getenv("SESSION_LIFETIME"); text != "" {
		if opts.Lifetime, err = time.ParseDuration(text); err != nil || opts.Lifetime <= 0 {
			return nil, fmt.Errorf("SESSION_LIFETIME is %q; it is a duration such as 24h", text)
		}
	}
	codec, err := cookiesession.NewCodec(watcher, opts)
	if err != nil {
		return nil, err
	}
	var sessions *middleware.Sessions
	sessions, err = middleware.New(codec, middleware.Options{
		InsecureAllowHTTP: os.Getenv("SESSION_INSECURE") == "1",
		OnError: func(w http.ResponseWriter, r *http.Request, err error) {
			// The session of the request has the change that was refused. In a
			// request without it, Load opens what the browser keeps.
			notSaved(w, r, sessions.Load(r.WithContext(context.Background())), err)
		},
	})
	return sessions, err
}

func keySource(console io.Writer) (keys.Source, error) {
	_, inline := os.LookupEnv("SESSION_KEYS")
	file := os.Getenv("SESSION_KEYS_FILE")
	switch {
	case inline && file != "":
		return nil, errors.New("both SESSION_KEYS and SESSION_KEYS_FILE are set; unset one of them")
	case inline:
		return keys.Env("SESSION_KEYS"), nil
	case file != "":
		return keys.File(file), nil
	}
	const path = "session.keys"
	source, created, err := keys.FileOrNew(path)
	if created {
		fmt.Fprintf(console, "made a new key in %s; keep it, or everybody is signed out\n", path)
	} else {
		fmt.Fprintf(console, "using the keys in %s\n", path)
	}
	return source, err
}
