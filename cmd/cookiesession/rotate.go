package main

import (
	"fmt"
	"time"

	"github.com/cookiesession/go/keys"
)

type rotateCommand struct {
	File   string  `arg:"" help:"The key ring."`
	In     span    `required:"" placeholder:"DURATION" help:"How far ahead the new key begins to sign."`
	Reload span    `default:"5m" help:"The longest time that an instance takes to load an edited ring."`
	Force  bool    `help:"Let the key sign before all instances can have loaded it."`
	At     instant `hidden:"" placeholder:"INSTANT"`
}

func (rotateCommand) Help() string {
	return `The key that signs now goes on until the new one begins, and verifies after that, so
no user is signed out. Every instance must have loaded the edited ring before the new
key signs: leave room for the slowest.

Comments, order, line ends, mode, owner and, on Linux, the access control list of the file
are kept. It is replaced whole or not at all. A header and an end mark are added where they are missing.

    cookiesession keys rotate session.keys --in 48h`
}

// defaultLifetime is that of a session where the program does not set another.
const defaultLifetime = span(14 * 24 * time.Hour)

func (c *rotateCommand) Run(t *console) error {
	in, reload := time.Duration(c.In), time.Duration(c.Reload)
	if in < 0 {
		return usagef("--in %v is in the past: instances would refuse what others sign until they have loaded the key. "+
			"To sign at once, use --in 0s --force", c.In)
	}
	if err := c.Reload.mustBePositive("--reload"); err != nil {
		return err
	}
	f, done, err := t.edit(c.File)
	if err != nil {
		return err
	}
	defer done()
	now := c.At.orNow() // after the wait for other edits
	instant := roundUp(now.Add(in))
	if in == 0 {
		instant = atOnce(f.ring, now)
	}
	safe := span(reload + keys.Skew)
	switch {
	case in < reload && !c.Force:
		return fmt.Errorf("the new key would sign in %v, but an instance may take %v to load it (--reload), and until then refuses "+
			"the cookies that others sign with it: their users lose their sessions. Use --in %v or more, or --force if that does not matter",
			c.In, c.Reload, safe)
	case in == 0:
		t.warnf("an instance refuses, until it has loaded the key, the cookies that others sign with it")
	case in < reload:
		t.warnf("an instance that has not loaded the key by %s refuses, until it has, the cookies that others sign with it", stamp(instant))
	case in < time.Duration(safe):
		t.warnf("an instance whose clock is fast signs up to %v early, when others may not have loaded the key: --in %v leaves room for that", span(keys.Skew), safe)
	}
	for _, s := range f.ring.Status(now, 0) {
		if s.State == keys.Revoked {
			continue
		}
		if s.From.Equal(instant) {
			return fmt.Errorf("the key %v signs from %s already: use another --in, or run this again", s.ID, stamp(instant))
		}
		if s.From.After(instant) {
			t.warnf("the key %v is scheduled later, and takes over from the new one at %s", s.ID, when(s.From, now))
		}
	}

	key := keys.Generate()
	doc := newDocument(f.text)
	doc.add(key, instant)
	ring, err := f.replace(doc.text())
	if err != nil {
		return err
	}
	switch {
	case in > 0:
		t.printf("added the key %v to %s: it signs in %v, from %s\n\n", key.ID(), f.name, c.In, stamp(instant))
	case instant.After(now.Add(-keys.Skew)):
		t.printf("added the key %v to %s: it signs at once, from %s\n\n", key.ID(), f.name, when(instant, now))
	default:
		t.printf("added the key %v to %s: it signs at once, from %s, which leaves room for slow clocks\n\n", key.ID(), f.name, when(instant, now))
	}
	t.printf("Next:\n")
	if in < reload {
		t.printf("  1. Bring %s to every instance now. Those that have it sign with %v.\n", f.name, key.ID())
	} else {
		t.printf("  1. Bring %s to every instance, and see that all have loaded it, before %s.\n", f.name, stamp(instant))
		t.printf("     From then on they sign with %v, each by its clock. Nobody is signed out.\n", key.ID())
	}
	for _, s := range ring.Status(now, time.Duration(defaultLifetime)) {
		if s.Until.Equal(instant) {
			retires := s.Retires
			if in < reload {
				retires = retires.Add(roundUp(now.Add(reload)).Sub(instant)) // until then some sign with the old key
			}
			t.printf("  2. From %s (sessions of %v, which is the default lifetime: use yours), remove %v, which the new key overtakes:\n",
				stamp(retires), defaultLifetime, s.ID)
			t.printf("     cookiesession keys prune %s --lifetime %v\n", quoted(c.File), defaultLifetime)
		}
	}
	return nil
}

// atOnce is the instant from which a new key signs on every instance that has it,
// also where the clock is slow. It is later than that of any key that has begun.
func atOnce(ring *keys.Ring, now time.Time) time.Time {
	instant := now.Add(-keys.Skew).Truncate(time.Second)
	for _, s := range ring.Status(now, 0) {
		if after := s.From.Add(time.Second); !s.From.After(now) && instant.Before(after) {
			instant = after
		}
	}
	if instant.After(now) {
		return now.Truncate(time.Second)
	}
	return instant
}
