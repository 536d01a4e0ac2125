package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/cookiesession/go/keys"
)

type revokeCommand struct {
	File   string  `arg:"" help:"The key ring."`
	ID     string  `arg:"" name:"id" help:"The ID of the key, as keys list shows it. Never the key itself."`
	Leaked bool    `help:"The secret is in wrong hands: sign everyone out, too."`
	Reload span    `default:"5m" help:"The longest time that an instance takes to load an edited ring, for --leaked."`
	At     instant `hidden:"" placeholder:"INSTANT"`
}

func (revokeCommand) Help() string {
	return `A revoked key neither signs nor verifies: sessions under it end as each instance loads
the edited ring. If it is the one that signs, add a new key first, with
keys rotate FILE --in 0s --force, and deploy both edits at once.

Whoever has a leaked key can make sessions of any content, and those that were used
since may bear another key. So --leaked also writes a not-before line, which
refuses every session begun before an instant: now, plus --reload, as until then some instance takes cookies of the leaked
key, plus 10m, as such cookies may be dated 5m ahead of a clock that is 5m fast.`
}

func (c *revokeCommand) Run(t *console) error {
	if err := notAKey("ID", c.ID); err != nil {
		return err
	}
	id, err := keys.ParseID(c.ID)
	if err != nil {
		return usageError{err}
	}
	if err := c.Reload.mustBePositive("--reload"); err != nil {
		return err
	}
	f, done, err := t.edit(c.File)
	if err != nil {
		return err
	}
	defer done()
	now := c.At.orNow()
	before, known := f.ring.Status(now, 0), []string{}
	var found *keys.Status
	for i, s := range before {
		known = append(known, s.ID.String())
		if s.ID == id {
			found = &before[i]
		}
	}
	if found == nil {
		return fmt.Errorf("%s has no key %v; it has %s", f.name, id, strings.Join(known, ", "))
	}

	doc := newDocument(f.text)
	revoked := found.State == keys.Revoked
	if !revoked {
		doc.revoke(id)
	}
	limit := roundUp(now.Add(time.Duration(c.Reload) + 2*keys.Skew))
	later := c.Leaked && !f.ring.NotBefore().Before(limit)
	if c.Leaked && !later {
		doc.refuseBefore(limit)
	}
	ring := f.ring
	if !revoked || c.Leaked && !later {
		if ring, err = f.replace(doc.text()); err != nil {
			return err
		}
	}

	if revoked {
		t.printf("%v is already revoked in %s\n", id, f.name)
	} else {
		t.printf("revoked %v in %s\n\n", id, f.name)
		t.printf("Sessions under it end as each instance loads the ring: deploy it now.\n")
	}
	switch {
	case later:
		t.printf("not-before stays at %s, which is later than %s: everyone is signed out then, and not sooner.\n",
			when(ring.NotBefore(), now), stamp(limit))
	case c.Leaked:
		t.printf("Everyone else is signed out at %s: sessions begun before that are refused from then on.\n", when(limit, now))
	}
	if c.Leaked {
		t.sayWhatElse(ring, now)
	}
	t.sayWhoSigns(ring, found, now, f.name)
	return nil
}

// sayWhatElse names the keys that leaked with another, if it was the file that leaked.
func (t *console) sayWhatElse(ring *keys.Ring, now time.Time) {
	var others []string
	for _, s := range ring.Status(now, 0) {
		switch s.State {
		case keys.Revoked:
		case keys.Signing:
			others = append(others, s.ID.String()+" (which signs: not if you added it after the leak)")
		default:
			others = append(others, s.ID.String())
		}
	}
	if len(others) > 0 {
		t.printf("If the file leaked, and not this key alone, revoke these too: %s.\n", strings.Join(others, ", "))
	}
}

// sayWhoSigns says which key signs, where a key was revoked.
func (t *console) sayWhoSigns(ring *keys.Ring, revoked *keys.Status, now time.Time, file string) {
	const add = "add a new one in the same deployment: cookiesession keys rotate %s --in 0s --force"
	signer, ok := signerOf(ring.Status(now, 0))
	switch {
	case !ok:
		_, err := ring.Signer(now)
		t.warnf("NO KEY SIGNS NOW, so no session can be saved (%s). "+upper(add), strings.TrimPrefix(err.Error(), keys.ErrNoSigner.Error()+": "), quoted(file))
	case signer.From.Before(revoked.From) && !revoked.From.After(now):
		t.printf("%v signs from now on.\n", signer.ID)
		t.warnf("THE OLDER KEY %v SIGNS AGAIN. "+upper(add), signer.ID, quoted(file))
	case revoked.From.After(now):
		t.printf("%v signs, and goes on: %v will not take over from it.\n", signer.ID, revoked.ID)
	default:
		t.printf("%v signs, as before.\n", signer.ID)
	}
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
