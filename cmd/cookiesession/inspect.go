package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
)

type inspectCommand struct {
	Cookie string  `arg:"" help:"What holds the cookie, or - for standard input, which keeps it out of the shell's history and the list of processes."`
	Keys   string  `placeholder:"FILE" help:"The key ring to open it with."`
	Name   string  `default:"__Host-session" help:"The name of the cookie in production: the keys are bound to it."`
	Realm  string  `help:"The realm that the program sets, if it does."`
	Values bool    `help:"Show the values, too. They may be personal."`
	JSON   bool    `help:"Print one JSON object instead."`
	At     instant `hidden:"" placeholder:"INSTANT"`
}

func (inspectCommand) Help() string {
	return `COOKIE is a bare value, name=value, or a line Cookie: … or Set-Cookie: …, copied from a
browser's tools or from curl. Every cookie of the name is shown; the value itself never is,
for whoever has it is signed in.

    cookiesession inspect --keys session.keys - < cookie.txt`
}

// The sizes of the format, version 1: see SPEC.md.
const (
	formatVersion = 1
	headerSize    = 5
	nonceSize     = 24
	tagSize       = 16
)

// unlimited is longer than any limit that a session may carry itself.
const unlimited = 200 * 365 * 24 * time.Hour

func (c *inspectCommand) Run(t *console) error {
	if err := notAKey("COOKIE", c.Cookie); err != nil {
		return err
	}
	text := c.Cookie
	if text == "-" {
		read, err := io.ReadAll(io.LimitReader(t.in, 1<<20))
		if err != nil {
			return fmt.Errorf("standard input: %w", err)
		}
		text = string(read)
	}
	found, err := cookies(text, c.Name)
	if err != nil {
		return err
	}
	now := c.At.orNow()
	var ring *keys.Ring
	var codec *cookiesession.Codec
	if c.Keys != "" {
		f, err := t.open(c.Keys)
		if err != nil {
			return err
		}
		ring = f.ring
		if codec, err = c.codec(f, now); err != nil {
			return usageError{err}
		}
	}

	var all []inspection
	for _, one := range found {
		all = append(all, c.inspect(one, ring, codec, now))
	}
	if c.JSON {
		t.printf("%s\n", jsonOf(map[string]any{"cookies": all}, "  "))
	}
	for i, one := range all {
		if c.JSON {
			break
		}
		if i > 0 {
			t.printf("\n")
		}
		if len(all) > 1 {
			t.printf("cookie %d of %d\n", i+1, len(all))
		}
		one.print(t, c.Name, now)
	}
	for _, one := range all {
		if one.Error != "" {
			return errSaid
		}
	}
	return nil
}

// codec opens cookies with the ring of a file.
func (c *inspectCommand) codec(f *ringFile, now time.Time) (*cookiesession.Codec, error) {
	ring := f.ring
	if _, err := ring.Signer(now); err != nil {
		// A codec wants a key to seal with. This one is nowhere else, and seals nothing.
		doc := newDocument(f.text)
		doc.add(keys.Generate(), now)
		if ring, err = keys.ParseRing(doc.text()); err != nil {
			return nil, err
		}
	}
	return cookiesession.NewCodec(ring, cookiesession.Options{
		Name: c.Name, Realm: c.Realm, Lifetime: -1, Idle: unlimited,
		Now: func() time.Time { return now },
	})
}

// An inspection is what could be learned of one cookie. It is what --json prints.
type inspection struct {
	Name       string  `json:"name"`
	Version    int     `json:"version,omitempty"`
	Protection string  `json:"protection,omitempty"`
	KeyID      *string `json:"key_id"`
	KeyStatus  string  `json:"key_status,omitempty"` // in the ring, or "unknown"
	Characters int     `json:"characters"`           // of the value
	Bytes      int     `json:"bytes,omitempty"`      // of the value, its text undone
	Error      string  `json:"error,omitempty"`      // why it did not open
	Session    *opened `json:"session"`              // null without keys
}

type opened struct {
	ID           string             `json:"id"`
	Created      time.Time          `json:"created"`
	Touched      time.Time          `json:"touched"`
	ExpiresAt    *time.Time         `json:"expires_at"` // its own limit; null if it has none
	BrowserClose bool               `json:"expires_at_browser_close"`
	Size         cookiesession.Size `json:"size"`
	Values       map[string]any     `json:"values,omitempty"`
}

func (c *inspectCommand) inspect(one cookie, ring *keys.Ring, codec *cookiesession.Codec, now time.Time) inspection {
	i := inspection{Name: one.name, Characters: len(one.value)}
	if one.value == "" {
		i.Error = "the value is empty: with Max-Age=0 this deletes the cookie"
		return i
	}
	head, err := cookiesession.ParseHeader(one.value)
	if err != nil {
		i.Error = reasonOf(err)
		return i
	}
	id := head.KeyID.String()
	i.Version, i.Protection, i.KeyID, i.Bytes = formatVersion, head.Protection.String(), &id, head.Bytes
	if ring == nil {
		return i
	}
	i.KeyStatus = "unknown"
	for _, s := range ring.Status(now, 0) { // lifetimes are not known here, so nothing is retired
		if s.ID == head.KeyID {
			i.KeyStatus = s.State.String()
		}
	}
	s, err := codec.Decode(context.Background(), one.value)
	if err != nil {
		i.Error = reasonOf(err)
		if errors.Is(err, cookiesession.ErrForged) {
			i.Error += fmt.Sprintf(" (tried with the name %q and the realm %q)", c.Name, c.Realm)
		}
		return i
	}
	i.Session = &opened{ID: s.ID(), Created: s.Created(), Touched: s.Touched(), BrowserClose: s.ExpiresAtBrowserClose(), Size: s.Size()}
	if end := s.ExpiresAt(); end.Before(s.Touched().Add(unlimited)) {
		i.Session.ExpiresAt = orNull(end)
	}
	if c.Values {
		i.Session.Values = map[string]any{}
		for _, key := range s.Keys() {
			v, err := cookiesession.Get[any](s, key)
			if err != nil {
				v = "does not decode: " + reasonOf(err)
			}
			i.Session.Values[key] = plain(v)
		}
	}
	return i
}

func reasonOf(err error) string {
	return strings.ReplaceAll(strings.TrimPrefix(withoutPrefix(err), "cookie refused: "), "\ncookiesession: ", "; ")
}

func (i inspection) print(t *console, name string, now time.Time) {
	line := func(label, format string, args ...any) {
		t.printf("%-11s %s\n", label, fmt.Sprintf(format, args...))
	}
	if i.KeyID == nil {
		line("size", "%d characters", i.Characters)
		line("REFUSED", "%s", i.Error)
		return
	}
	if i.Name != name {
		line("name", "%s: %s without its prefix, as development servers set it", i.Name, name)
	}
	means, overhead := "whoever has the cookie can read it", headerSize+tagSize
	if i.Protection == cookiesession.Encrypted.String() {
		means, overhead = "only the keys can read it", overhead+nonceSize
	}
	line("version", "%d", i.Version)
	line("protection", "%s: %s", i.Protection, means)
	switch i.KeyStatus {
	case "":
		line("key", "%s", *i.KeyID)
	case "unknown":
		line("key", "%s, not in the ring", *i.KeyID)
	default:
		line("key", "%s, %s", *i.KeyID, i.KeyStatus)
	}
	line("size", "%d characters, which are %d bytes: %d of them for header and protection", i.Characters, i.Bytes, overhead)
	switch {
	case i.Error != "":
		line("REFUSED", "%s", i.Error)
	case i.Session == nil:
		t.printf("\nAnybody can write such a header: nothing is authenticated. With --keys FILE the session is opened.\n")
	default:
		i.Session.print(t, now, line)
	}
}

func (s *opened) print(t *console, now time.Time, line func(label, format string, args ...any)) {
	line("session", "%s", s.ID)
	line("created", "%s", when(s.Created, now))
	line("touched", "%s", when(s.Touched, now))
	own := "no limit of its own"
	if s.ExpiresAt != nil {
		own = when(*s.ExpiresAt, now) + ", by a limit of its own"
	}
	if s.BrowserClose {
		own += ", with the browser"
	}
	line("expires", "%s; the program's Lifetime and Idle are not known here", own)
	t.printf("\n%d of %d bytes, as browsers count name and value:\n", s.Size.Total, s.Size.Limit)
	for _, v := range s.Size.Values {
		t.printf("%6d  %q\n", v.Bytes, v.Key)
		if value, ok := s.Values[v.Key]; ok {
			t.printf("        %s\n", jsonOf(value, ""))
		}
	}
	t.printf("%6d  name, header, instants, ID, tag\n", s.Size.Overhead)
}
