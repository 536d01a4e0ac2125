// Fleet is three instances of one server, each a process of its own, behind a
// reverse proxy that hands the requests round. They share a key ring file and
// nothing else, so a key rotation can be watched as it happens: open the page,
// and in another terminal schedule a key in the file.
//
// It is configured by environment variables:
//
//	ADDR              address of the proxy; default 127.0.0.1:8080
//	FLEET_KEYS        file of the key ring, made if there is none; default fleet.keys
//	FLEET_RELOAD      how often an instance reads the file; default 10s
//	SESSION_LIFETIME  default 336h, 14 days
//	SESSION_IDLE      default 5m, so that keys retire while you watch
//
// Each instance answers /api/ring on its own address, which it logs: its ring, when
// it was loaded, and how often each key was seen on a cookie.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/cookiesession/go/keys"
)

// size is the number of instances.
const size = 3

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if name := os.Getenv("FLEET_INSTANCE"); name != "" {
		err = runInstance(ctx, name)
	} else {
		err = runFleet(ctx, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fleet:", err)
		os.Exit(1)
	}
}

// runFleet is the process that a person starts: the proxy, and the instances below it.
func runFleet(parent context.Context, console io.Writer) error {
	ctx, stop := context.WithCancelCause(parent)
	defer stop(nil)
	path := cmp.Or(os.Getenv("FLEET_KEYS"), "fleet.keys")
	_, created, err := keys.FileOrNew(path)
	if err != nil {
		return err
	}
	if created {
		fmt.Fprintf(console, "made a new key in %s\n", path)
	}
	listener, err := net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8080"))
	if err != nil {
		return err
	}
	defer listener.Close()

	program, err := os.Executable()
	if err != nil {
		return err
	}
	p := new(proxy)
	for i := range size {
		child, err := startChild(program, "FLEET_INSTANCE="+strconv.Itoa(i+1), "FLEET_KEYS="+path)
		if err != nil {
			return err
		}
		defer child.end()
		p.add(child.addr)
		fmt.Fprintf(console, "instance %d: %s/api/ring\n", i+1, child.addr)
		go func() { stop(fmt.Errorf("instance %d ended by itself: %v", i+1, child.wait())) }()
	}
	fmt.Fprintf(console, "listening on http://%s\n", listener.Addr())
	if err := serve(ctx, listener, p.handler()); err != nil {
		return err
	}
	if parent.Err() == nil {
		return context.Cause(ctx)
	}
	return nil
}

// runInstance is one instance, as its environment asks for it.
func runInstance(ctx context.Context, name string) error {
	cfg, err := newConfig(name)
	if err != nil {
		return err
	}
	return cfg.run(untilOrphaned(ctx), os.Stdout)
}

func newConfig(name string) (config, error) {
	cfg := config{name: name, keys: os.Getenv("FLEET_KEYS")}
	for _, v := range []struct {
		name     string
		value    *time.Duration
		standard time.Duration
	}{
		{"FLEET_RELOAD", &cfg.reload, 10 * time.Second},
		{"SESSION_LIFETIME", &cfg.lifetime, 14 * 24 * time.Hour},
		{"SESSION_IDLE", &cfg.idle, 5 * time.Minute},
	} {
		*v.value = v.standard
		if text := os.Getenv(v.name); text != "" {
			d, err := time.ParseDuration(text)
			if err != nil || d <= 0 {
				return config{}, fmt.Errorf("%s is %q; it is a duration such as 30s", v.name, text)
			}
			*v.value = d
		}
	}
	return cfg, nil
}

// serve serves until the context is done, and lets requests that are under way finish.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
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
