package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/cookiesession/go/keys"
)

type newCommand struct {
	File string `arg:"" help:"The file to make, or - to print the ring, secret included."`
}

func (newCommand) Help() string {
	return `The file gets mode 0600 and is complete from its first moment. Whatever exists at
the path is left alone: to change a ring on a live fleet, use keys rotate.

    cookiesession keys new session.keys
    cookiesession keys new - | vault kv put secret/session ring=-`
}

func (c *newCommand) Run(t *console) error {
	if err := notAKey("FILE", c.File); err != nil {
		return err
	}
	if c.File == "-" {
		ring, err := keys.NewRing(time.Time{}, keys.Entry{Key: keys.Generate()})
		if err != nil {
			return err
		}
		fmt.Fprintf(t.err, "a new ring with one key, %v; what is on standard output is secret\n", ring.Status(time.Now(), 0)[0].ID)
		t.reveal(ring.Reveal())
		return nil
	}
	var source keys.Source
	var created bool
	err := heldOff(func() (err error) {
		source, created, err = keys.FileOrNew(c.File)
		return err
	})
	if err != nil {
		return err
	}
	if !created {
		return fmt.Errorf("cannot make %s: there is something at this path already, and it is left as it was", c.File)
	}
	ring, err := source.Load(context.Background())
	if err != nil {
		return err
	}
	path, err := filepath.Abs(c.File)
	if err != nil {
		path = c.File
	}
	t.printf("made %s: a key ring with one key, %v (mode 0600)\n\n", c.File, ring.Status(time.Now(), 0)[0].ID)
	t.printf("Next:\n")
	t.printf("  1. Let the program follow it: keys.NewWatcher(ctx, keys.File(%q), keys.WatcherOptions{})\n", path)
	t.printf("     or by the environment:     SESSION_KEYS=\"$(cookiesession keys env %s)\"\n", quoted(c.File))
	t.printf("  2. Give every instance the same ring. Keep it out of version control.\n")
	t.printf("  3. Once or twice a year:      cookiesession keys rotate %s --in 48h\n", quoted(c.File))
	return nil
}
