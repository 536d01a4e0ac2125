package main

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"time"

	"github.com/cookiesession/go/keys"
)

type lintCommand struct {
	File     string  `arg:"" help:"The key ring, or - for standard input."`
	Lifetime span    `default:"336h" help:"The longest time that a cookie lives without being sealed again (Options.Idle, else Lifetime), over all programs that use the ring."`
	Reload   span    `default:"5m" help:"The longest time that an instance takes to load an edited ring."`
	Was      string  `placeholder:"OLD" help:"The ring that the instances have now, to judge the edit by."`
	At       instant `placeholder:"INSTANT" help:"Judge as if it were this instant (RFC 3339)."`
}

func (lintCommand) Help() string {
	return `Plays the ring's timeline forward and prints one line for each danger, with what to do,
and one for each thing worth knowing:

    danger: …    exit status 1
    note: …
    ok: …        no danger; exit status 0

Only with --was can it judge an edit: keys that came too late, went too early, or were
moved. Give it a copy of the ring that is deployed:

    cookiesession keys lint session.keys --was deployed.keys`
}

func (c *lintCommand) Run(t *console) error {
	if err := errors.Join(c.Lifetime.mustBePositive("--lifetime"), c.Reload.mustBePositive("--reload")); err != nil {
		return usageError{err}
	}
	if c.File == "-" && c.Was == "-" {
		return usagef("FILE and --was cannot both be standard input")
	}
	l := &linter{now: c.At.orNow(), lifetime: time.Duration(c.Lifetime), reload: time.Duration(c.Reload), file: quoted(c.File)}
	if c.File == "-" {
		l.file = "FILE"
	}
	f, err := t.read(c.File)
	if err != nil {
		if _, ok := errors.AsType[usageError](err); ok {
			return err
		}
		mistakes := []string{err.Error()}
		if wrong, ok := errors.AsType[*notARing](err); ok {
			mistakes = wrong.mistakes
		}
		for _, mistake := range mistakes {
			l.danger("%s", mistake)
		}
	} else {
		l.now = l.now.Truncate(time.Second)
		l.all, l.notBefore = f.ring.Status(l.now, l.lifetime), f.ring.NotBefore()
		l.signers()
		if c.Was != "" {
			old, err := t.read(c.Was)
			if err != nil {
				return fmt.Errorf("--was: %w", err)
			}
			l.edit(old.ring)
		} else {
			l.guess()
		}
		l.limit()
		l.text(f)
	}
	for _, line := range l.dangers {
		t.printf("danger: %s\n", line)
	}
	for _, line := range l.notes {
		t.printf("note: %s\n", line)
	}
	if len(l.dangers) > 0 {
		return errSaid
	}
	t.printf("ok: %s\n", l.summary())
	return nil
}

// A linter collects what it finds in a ring.
type linter struct {
	now              time.Time
	lifetime, reload time.Duration
	file             string // for a shell
	all              []keys.Status
	notBefore        time.Time
	was              map[keys.ID]keys.Status // in the old ring; nil if that is not known
	dangers, notes   []string
}

func (l *linter) danger(format string, args ...any) {
	l.dangers = append(l.dangers, fmt.Sprintf(format, args...))
}

func (l *linter) note(format string, args ...any) {
	l.notes = append(l.notes, fmt.Sprintf(format, args...))
}

func (l *linter) when(t time.Time) string { return when(t, l.now) }

// rotate is the command that adds a key which signs at once.
func (l *linter) rotate() string { return "cookiesession keys rotate " + l.file + " --in 0s --force" }

// loaded is when every instance has the edited ring, if it is deployed now.
func (l *linter) loaded() time.Time { return l.now.Add(l.reload) }

// signers finds times at which no key signs. Once a key has begun, there is always one.
func (l *linter) signers() {
	if _, ok := signerOf(l.all); ok {
		return
	}
	first := slices.IndexFunc(l.all, func(s keys.Status) bool { return s.State == keys.Scheduled })
	if first < 0 {
		l.danger("no key signs, now or ever: all are revoked, and no session can be saved; add a new one: %s", l.rotate())
		return
	}
	l.danger("no key signs now: the first, %v, begins at %s, and until then no session can be saved; add one that signs now: %s",
		l.all[first].ID, l.when(l.all[first].From), l.rotate())
}

// guess judges the ring without knowing what the instances have.
func (l *linter) guess() {
	for _, s := range l.all {
		if s.State == keys.Scheduled && s.From.Before(l.loaded()) {
			l.danger("%v begins to sign at %s, sooner than every instance can load a ring (%v): one that has not loaded it by then "+
				"refuses cookies of the others. Whether all have it already cannot be told from this file alone: give the ring that they have with --was",
				s.ID, l.when(s.From), span(l.reload))
		}
	}

	signer, ok := signerOf(l.all)
	if !ok {
		return
	}
	next := signer.Until // zero: never
	for _, s := range l.all {
		switch {
		case s.State != keys.Revoked || !signer.From.Before(s.From):
		case !s.From.After(l.now):
			l.danger("%v is revoked and would sign now, so the older key %v signs again; add a new key in the same edit: %s",
				s.ID, signer.ID, l.rotate())
		case next.IsZero() || s.From.Before(next):
			l.danger("%v is revoked and was to sign from %s, so the older key %v goes on; add a new key in its place: cookiesession keys rotate %s --in 48h",
				s.ID, l.when(s.From), signer.ID, l.file)
			next = s.From // later ones are not the next
		}
	}
}

// edit judges the step from the ring that the instances have.
func (l *linter) edit(old *keys.Ring) {
	l.was = map[keys.ID]keys.Status{}
	for _, s := range old.Status(l.now, l.lifetime) {
		l.was[s.ID] = s
	}
	isIn := map[keys.ID]bool{}
	for i, s := range l.all {
		isIn[s.ID] = true
		before, known := l.was[s.ID]
		if s.State == keys.Revoked {
			switch before.State {
			case keys.Signing:
				l.signerRevoked(before)
			case keys.Accepting:
				l.danger("%v is accepting and is revoked by this edit: the live sessions under it end; right if it has leaked, "+
					"otherwise remove the word revoked and let it retire", s.ID)
			}
			continue
		}
		// What a newer key has overtaken already never signs again.
		overtaken := !s.Until.IsZero() && !s.Until.After(l.now)
		soon := s.From.Before(l.loaded()) && !overtaken
		moved := known && !s.From.Equal(before.From)
		if i == 0 && before.From.IsZero() && s.Until.Equal(before.Until) && overtaken {
			moved = false // the oldest key only has its instant written down
		}
		switch {
		case known && before.State == keys.Revoked:
			l.danger("%v was revoked and is not any more: instances that run keep it revoked until they restart, and those that start now take it; "+
				"put the word revoked back, and add a new key instead", s.ID)
		case !known && soon:
			l.danger("%v is new and signs from %s, but instances have until %s to load it (%v), and one that has not refuses cookies of the others; "+
				"give it an instant after %s, unless you answer a leak and some lost sessions do not matter",
				s.ID, l.begin(s.From), stamp(l.loaded()), span(l.reload), stamp(l.loaded().Add(keys.Skew)))
		case moved && s.From.Before(l.loaded()):
			l.danger("%v was moved: it signs from %s, and in the ring that the instances have from %s; until all have loaded this they disagree which key signs, "+
				"and the key before it may count as retired too early; give it its old instant back, or one after %s",
				s.ID, l.begin(s.From), l.begin(before.From), stamp(l.loaded().Add(keys.Skew)))
		case (moved || !known) && !s.From.Before(l.loaded()) && s.From.Before(l.loaded().Add(keys.Skew)):
			l.note("%v signs from %s, but an instance whose clock is fast signs with it up to %v early, when others may not have loaded this; "+
				"an instant after %s leaves room for that", s.ID, l.begin(s.From), span(keys.Skew), stamp(l.loaded().Add(keys.Skew)))
		}
		if signer, ok := signerOf(l.all); ok && moved && before.State == keys.Signing && s.State == keys.Scheduled {
			l.note("%v signs now and was moved to %s: the older key %v signs again until then", s.ID, l.when(s.From), signer.ID)
		}
	}
	for _, s := range old.Status(l.now, l.lifetime) {
		if !isIn[s.ID] {
			l.removed(s)
		}
	}

	l.moveOfLimit(old.NotBefore())
}

// moveOfLimit judges what an edit does to not-before.
func (l *linter) moveOfLimit(old time.Time) {
	hasPassed := func(limit time.Time) bool { return !limit.IsZero() && !limit.After(l.now) }
	if hasPassed(l.notBefore) && (!hasPassed(old) || old.Before(l.notBefore)) {
		l.danger("not-before %s is new and has passed: everyone is signed out as soon as this is loaded, but for sessions begun since; "+
			"take it back, or if a key has leaked let it lie ahead, as keys revoke %s ID --leaked does", l.when(l.notBefore), l.file)
	}
	switch {
	case !l.notBefore.Before(old): // or there was none
	case !hasPassed(old) && l.notBefore.IsZero():
		l.danger("the line not-before %s is gone before its instant: nobody is signed out then; put it back if it is there for a leak", l.when(old))
	case !hasPassed(old):
		l.danger("not-before was moved from %s to %s: sessions begun between the two go on; put the later one back if it is there for a leak",
			l.when(old), l.when(l.notBefore))
	case old.Add(l.lifetime).Add(keys.Skew).Before(l.now):
		l.note("not-before %s is gone or was moved back: fine, as every cookie that it refused has expired", l.when(old))
	case l.notBefore.IsZero():
		l.danger("the line not-before %s is gone: sessions that it ended are taken again; put it back", stamp(old))
	default:
		l.danger("not-before was moved back, from %s to %s: sessions begun between the two are taken again; put the later one back", stamp(old), stamp(l.notBefore))
	}
}

func (l *linter) begin(from time.Time) string {
	if from.IsZero() {
		return "always"
	}
	return l.when(from)
}

// signerRevoked judges the revocation of the key that signs now, as it stood in the old ring.
func (l *linter) signerRevoked(s keys.Status) {
	signer, ok := signerOf(l.all)
	switch {
	case !ok:
		l.danger("%v signs now and is revoked by this edit: its sessions end, and no key signs in its place; add a new key in the same edit: %s", s.ID, l.rotate())
	case signer.From.Before(s.From):
		l.danger("%v signs now and is revoked by this edit: its sessions end, and the older key %v signs again; add a new key in the same edit: %s",
			s.ID, signer.ID, l.rotate())
	default:
		l.danger("%v signs now and is revoked by this edit: its sessions end, and %v signs in its place; right if it has leaked, "+
			"otherwise remove the word revoked and let it retire", s.ID, signer.ID)
	}
}

// removed judges the removal of a key, by where it stood in the old ring.
func (l *linter) removed(s keys.Status) {
	switch {
	case s.State == keys.Retired:
	case s.State == keys.Revoked:
		l.note("%v was revoked and its line is gone: its cookies are still refused, but as of an unknown key; the line would say why", s.ID)
	case s.State == keys.Scheduled && !s.From.Before(l.loaded().Add(keys.Skew)):
		l.note("%v was removed before it signed: fine if every instance loads this before %s", s.ID, l.when(s.From))
	case s.State == keys.Scheduled:
		l.danger("%v was removed, but signs from %s where this is not loaded by then (%v), and earlier where a clock is fast: the other instances refuse such cookies; "+
			"put its line back, with a later instant if it must not sign yet", s.ID, l.when(s.From), span(l.reload))
	case s.Retires.IsZero():
		l.danger("%v was removed, and it is %v: cookies that bear it are refused, and their users lose their sessions; put its line back, and add a newer key first",
			s.ID, s.State)
	default:
		l.danger("%v was removed, and it is %v: live sessions of up to %v may bear it until %s, and would be lost; put its line back until then",
			s.ID, s.State, span(l.lifetime), l.when(s.Retires))
	}
}

// limit says what not-before does, or what is missing of it.
func (l *linter) limit() {
	if l.notBefore.After(l.now) {
		l.note("not-before lies ahead: everyone is signed out at %s", l.when(l.notBefore))
	}
	for _, s := range l.all {
		if s.State != keys.Revoked {
			continue
		}
		enough := s.From
		if before, known := l.was[s.ID]; known && before.State != keys.Revoked { // this edit revokes it
			enough = l.loaded().Add(2 * keys.Skew)
			if last := l.notBefore.Add(-2 * keys.Skew); last.After(l.now) && l.notBefore.Before(enough) {
				l.note("%v is revoked by this edit: if it leaked, not-before is late enough if every instance loads this before %s; "+
					"otherwise set it anew when you deploy (cookiesession keys revoke %s %v --leaked): see docs/rotation.md", s.ID, l.when(last), l.file, s.ID)
				continue
			}
		}
		if l.notBefore.IsZero() || l.notBefore.Before(enough) {
			l.note("%v is revoked, but revoking does not end sessions that were made under the key and sealed again under another; "+
				"if it leaked, set not-before (cookiesession keys revoke %s %v --leaked): see docs/rotation.md", s.ID, l.file, s.ID)
		}
	}
}

// text judges the file itself.
func (l *linter) text(f *ringFile) {
	for _, s := range l.all {
		if s.State == keys.Retired && (l.was == nil || l.was[s.ID].State == keys.Retired) {
			l.note("%v is retired since %s and may be removed: cookiesession keys prune %s --lifetime %v",
				s.ID, l.when(s.Retires), l.file, span(l.lifetime))
		}
	}
	if f.info == nil {
		return
	}
	// A single line end is enough for a ring of one key.
	if len(l.all) > 1 && !newDocument(f.text).isMarked() {
		l.note("there is no header and no end mark, so a file cut off between two lines could not be told from a whole one; keys rotate adds them")
	}
	// The bits mean nothing on Windows, where access is ruled otherwise.
	if mode := f.info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o027 != 0 {
		l.danger("its mode is %04o, so %s; set it: chmod %04o %s", mode, weakness(mode), mode&0o640, quoted(f.name))
	}
}

func weakness(mode fs.FileMode) string {
	switch {
	case mode&0o002 != 0:
		return "every user of the machine can replace the keys"
	case mode&0o004 != 0:
		return "every user of the machine can read the keys"
	case mode&0o020 != 0:
		return "its group can replace the keys"
	}
	return "every user of the machine has some access"
}

// summary says what the ring does, if nothing is wrong with it.
func (l *linter) summary() string {
	signer, _ := signerOf(l.all)
	text := fmt.Sprintf("%d keys, ", len(l.all))
	if len(l.all) == 1 {
		text = "1 key, "
	}
	text += fmt.Sprintf("%v signs", signer.ID)
	if !signer.Until.IsZero() {
		next := slices.IndexFunc(l.all, func(s keys.Status) bool { return s.State != keys.Revoked && s.From.Equal(signer.Until) })
		text += fmt.Sprintf(" until %v takes over at %s", l.all[next].ID, l.when(signer.Until))
	}
	return text
}
