package main

import (
	"time"

	"github.com/cookiesession/go/keys"
)

type pruneCommand struct {
	File     string  `arg:"" help:"The key ring."`
	Lifetime span    `required:"" placeholder:"DURATION" help:"The longest time that a cookie lives without being sealed again (Options.Idle, else Lifetime), over all programs that use the ring."`
	At       instant `hidden:"" placeholder:"INSTANT"`
}

func (pruneCommand) Help() string {
	return `Only retired keys go: those that a newer key overtook longer ago than --lifetime plus
5m, if all instances had that newer key in time. Revoked keys stay, as their lines say
why cookies are refused.

    cookiesession keys prune session.keys --lifetime 336h`
}

func (c *pruneCommand) Run(t *console) error {
	if err := c.Lifetime.mustBePositive("--lifetime"); err != nil {
		return err
	}
	f, done, err := t.edit(c.File)
	if err != nil {
		return err
	}
	defer done()
	now := c.At.orNow()
	doc := newDocument(f.text)
	var gone, waiting []keys.Status
	for _, s := range f.ring.Status(now, time.Duration(c.Lifetime)) {
		switch {
		case s.State == keys.Retired:
			doc.remove(s.ID)
			gone = append(gone, s)
		case !s.Retires.IsZero():
			waiting = append(waiting, s)
		}
	}
	if len(gone) > 0 {
		if _, err := f.replace(doc.text()); err != nil {
			return err
		}
		for _, s := range gone {
			t.printf("removed %v from %s: retired since %s\n", s.ID, f.name, when(s.Retires, now))
		}
	} else {
		t.printf("nothing to prune: with sessions of %v no key of %s is retired\n", c.Lifetime, f.name)
	}
	if len(waiting) > 0 { // the oldest comes first
		t.printf("the next one, %v, retires at %s\n", waiting[0].ID, when(waiting[0].Retires, now))
	}
	return nil
}
