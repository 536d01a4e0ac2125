package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/cookiesession/go/keys"
)

// TestMain makes of this program one of the instances where the environment says so, as
// main does. Its clock may go faster, so that a rotation ends within a minute.
func TestMain(m *testing.M) {
	name := os.Getenv("FLEET_INSTANCE")
	if name == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := runTestInstance(ctx, name); err != nil {
		fmt.Fprintln(os.Stderr, "instance", name+":", err)
		os.Exit(1)
	}
}

func runTestInstance(ctx context.Context, name string) error {
	cfg, err := newConfig(name)
	if err != nil {
		return err
	}
	if epoch := os.Getenv("FLEET_CLOCK"); epoch != "" {
		if cfg.now, err = clockOf(epoch); err != nil {
			return err
		}
	}
	if os.Getenv("FLEET_BARE") != "" {
		cfg.ringer = func(w *keys.Watcher) keys.Ringer { return bare{w} }
	}
	return cfg.run(untilOrphaned(ctx), os.Stdout)
}

// bare hides from the codec that a Watcher can look for a key.
type bare struct{ w *keys.Watcher }

func (b bare) Ring() *keys.Ring { return b.w.Ring() }

// speed is how many seconds go by in one, for instances and test alike.
const speed = 60

// clockOf is a clock that goes fast from an instant on: nanoseconds since 1970, as text.
func clockOf(epoch string) (func() time.Time, error) {
	nanos, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return nil, err
	}
	start := time.Unix(0, nanos)
	return func() time.Time { return start.Add(speed * time.Since(start)) }, nil
}
