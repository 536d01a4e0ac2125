package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/cookiesession/go/keys"
)

type listCommand struct {
	File     string  `arg:"" help:"The key ring, or - for standard input."`
	Lifetime span    `default:"336h" help:"The longest time that a cookie lives without being sealed again (Options.Idle, else Lifetime), over all programs that use the ring."`
	JSON     bool    `xor:"form" help:"Print one JSON object instead."`
	SVG      bool    `xor:"form" help:"Print the timeline as an SVG picture instead."`
	At       instant `placeholder:"INSTANT" help:"Show how things stand at this instant (RFC 3339)."`
}

func (listCommand) Help() string {
	return `The state of a key is one of

    scheduled   its instant lies ahead; it verifies already
    signing     new and changed sessions are sealed with it
    accepting   a newer key has overtaken it; live sessions may bear it
    retired     no live session can bear it: it may be removed
    revoked     it neither signs nor verifies

The JSON object has the members now, lifetime (such as "336h0m0s"), not_before and keys:
a list, oldest first, of objects with id, status, signs_from (null: always), signs_until
and retires_at (null: not as things stand). Instants are RFC 3339 in UTC.

COLUMNS sets the width of the drawing, NO_COLOR takes its colours away.`
}

func (c *listCommand) Run(t *console) error {
	if err := c.Lifetime.mustBePositive("--lifetime"); err != nil {
		return err
	}
	f, err := t.read(c.File)
	if err != nil {
		return err
	}
	now := c.At.orNow().Truncate(time.Second)
	all, limit := f.ring.Status(now, time.Duration(c.Lifetime)), f.ring.NotBefore()
	layout := func(least float64) timeline { return newTimeline(all, limit, now, least) }
	switch {
	case c.JSON:
		t.printf("%s\n", jsonOf(newListing(all, limit, now, time.Duration(c.Lifetime)), "  "))
		return nil
	case c.SVG:
		return writeSVG(t.out, layout)
	}
	t.printf("now %s, sessions of up to %v\n\n", stamp(now), c.Lifetime)
	t.printf("%s", table(all, now))
	if !limit.IsZero() {
		t.printf("\nnot-before %s: sessions begun before are refused%s\n", when(limit, now), map[bool]string{true: ", from then on"}[limit.After(now)])
	}
	if _, ok := signerOf(all); !ok {
		t.printf("\nNO KEY SIGNS NOW: no session can be saved. See cookiesession keys lint %s\n", quoted(c.File))
	}
	t.reveal("\n" + newChart(layout, t.width(), t.hasColor()).String())
	return nil
}

// table has a line for each key.
func table(all []keys.Status, now time.Time) string {
	var b strings.Builder
	const form = "%-8s  %-9s  %-20s  %-12s  %-20s  %s"
	line := func(cells ...any) { b.WriteString(strings.TrimRight(fmt.Sprintf(form, cells...), " ") + "\n") }
	line("KEY", "STATUS", "SIGNS FROM", "", "RETIRES", "")
	for _, s := range all {
		from, fromNote, retires, retiresNote := "always", "", "-", ""
		if !s.From.IsZero() {
			from, fromNote = stamp(s.From), fromNow(s.From, now)
		}
		if !s.Retires.IsZero() {
			retires, retiresNote = stamp(s.Retires), fromNow(s.Retires, now)
		}
		line(s.ID, s.State, from, fromNote, retires, retiresNote)
	}
	return b.String()
}

// A listing is what --json prints. Its names do not change.
type listing struct {
	Now       time.Time  `json:"now"`
	Lifetime  string     `json:"lifetime"`
	NotBefore *time.Time `json:"not_before"`
	Keys      []listed   `json:"keys"`
}

type listed struct {
	ID         keys.ID    `json:"id"`
	Status     keys.State `json:"status"`
	SignsFrom  *time.Time `json:"signs_from"`
	SignsUntil *time.Time `json:"signs_until"`
	RetiresAt  *time.Time `json:"retires_at"`
}

func newListing(all []keys.Status, notBefore, now time.Time, lifetime time.Duration) listing {
	l := listing{Now: now, Lifetime: lifetime.String(), NotBefore: orNull(notBefore), Keys: []listed{}}
	for _, s := range all {
		l.Keys = append(l.Keys, listed{s.ID, s.State, orNull(s.From), orNull(s.Until), orNull(s.Retires)})
	}
	return l
}

// orNull also leaves out what RFC 3339 cannot write.
func orNull(t time.Time) *time.Time {
	if t.IsZero() || t.UTC().Year() > 9999 {
		return nil
	}
	return &t
}

// widest is enough for every drawing.
const widest = 1000

// width is that of the terminal.
func (t *console) width() int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return min(n, widest)
	}
	if f, ok := t.out.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return min(n, widest)
		}
	}
	return 80
}

func (t *console) hasColor() bool {
	f, ok := t.out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
