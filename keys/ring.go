package keys

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	// ErrNoSigner means that no key of the ring may sign at this time. [Ring.Signer] wraps it.
	ErrNoSigner = errors.New("keys: no key may sign now")

	// ErrUnknown means that the ring has no key with this ID. [Ring.Lookup] returns it as it is.
	ErrUnknown = errors.New("keys: unknown key")

	// ErrRevoked means that the ring has the key, and that it is revoked.
	// [Ring.Lookup] returns it as it is.
	ErrRevoked = errors.New("keys: revoked key")
)

// An Entry is one key of a ring.
type Entry struct {
	Key Key

	// From is the instant from which the key signs, until a newer one does. It is in
	// whole seconds. The zero Time means since ever.
	From time.Time

	// Revoked says that the key neither signs nor verifies any more.
	Revoked bool
}

// A Ring is a set of keys, each with the instant from which it signs. It never changes,
// and several goroutines may use it at once. [ParseRing] and [NewRing] make one.
//
// A Ring prints, logs and marshals as the IDs and instants of its keys.
// Two rings with the same content are not equal under ==; compare what [Ring.Reveal] returns.
type Ring struct {
	notBefore time.Time
	entries   []Entry // oldest first

	// By the number that the ID is: testify, dumping a struct, panics at a map
	// in an unexported field whose keys are arrays.
	byID map[uint32]Entry

	silence error // why it signs no more, if it does not
}

// A Ringer has a current ring. A [*Ring] is its own; a [*Watcher] follows a source.
//
// A Ringer may have two more methods, as a Watcher has, and what opens cookies calls them:
// Missing(context.Context, ...ID) bool and Seen(ID).
type Ringer interface {
	Ring() *Ring
}

// NewRing returns a ring of the given entries. Their order means nothing.
//
// Instants are whole seconds between the years 1970 and 9999. notBefore is what
// [Ring.NotBefore] returns; the zero Time means no limit.
//
// It is an error if there is no entry, if a key is zero or stands twice, and if two
// keys that are not revoked have the same instant, so that either could be the signer.
// A ring whose keys are all revoked is valid: a revocation must always apply.
// The error names all mistakes, up to a bound.
func NewRing(notBefore time.Time, entries ...Entry) (*Ring, error) {
	var bad mistakes
	notBefore, err := checkInstant(notBefore)
	if err != nil {
		bad.add("not-before", err)
	}
	all := make([]placed, 0, len(entries))
	for i, entry := range entries {
		p := placed{entry, "entry " + strconv.Itoa(i+1)}
		if entry.Key.isZero() {
			bad.add(p.where, errors.New("the key is zero: take one from Generate or ParseKey"))
			continue
		}
		if p.From, err = checkInstant(entry.From); err != nil {
			bad.add(p.where, err)
			continue
		}
		all = append(all, p)
	}
	if len(entries) == 0 {
		bad.add("", errNoKey)
	}
	r := assemble(notBefore, all, &bad)
	if err := bad.err(); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return r, nil
}

var errNoKey = errors.New("there is no key: a ring needs at least one; Generate makes it, and Reveal gives its text")

// placed is an entry and where it was found, for messages.
type placed struct {
	Entry
	where string
}

// assemble makes the ring and adds what is wrong between the entries.
func assemble(notBefore time.Time, all []placed, bad *mistakes) *Ring {
	r := &Ring{notBefore: notBefore, byID: make(map[uint32]Entry, len(all))}
	byID := make(map[ID]placed, len(all))
	byInstant := make(map[int64]placed, len(all))
	for _, p := range all {
		id := p.Key.ID()
		if first, ok := byID[id]; ok {
			bad.add(p.where, duplicate(first, p))
			continue
		}
		byID[id] = p
		r.byID[id.number()] = p.Entry
		r.entries = append(r.entries, p.Entry)
		if p.Revoked {
			continue
		}
		if first, ok := byInstant[p.From.Unix()]; ok {
			bad.add(p.where, ambiguous(first, p))
			continue
		}
		byInstant[p.From.Unix()] = p
	}
	// By ID where instants are the same, so that equal rings have equal texts.
	slices.SortFunc(r.entries, func(a, b Entry) int {
		if c := a.From.Compare(b.From); c != 0 {
			return c
		}
		return bytes.Compare(a.Key.id[:], b.Key.id[:])
	})
	return r
}

func duplicate(first, second placed) error {
	id := second.Key.ID()
	if !first.Key.sameSecret(second.Key) {
		return fmt.Errorf("this key has the ID %s, and so has the different key at %s, by a rare chance: put a new key in place of one of the two",
			id, first.where)
	}
	if first.Revoked != second.Revoked {
		return fmt.Errorf("the key %s stands at %s too, and only one of the two is revoked: keep one", id, first.where)
	}
	return fmt.Errorf("the key %s stands at %s too: keep one", id, first.where)
}

func ambiguous(first, second placed) error {
	if second.From.IsZero() {
		return fmt.Errorf("the key %s has no instant, and the key %s at %s has none either, so either could sign: give the newer one the instant from which it signs",
			second.Key.ID(), first.Key.ID(), first.where)
	}
	return fmt.Errorf("the key %s signs from %s, and the key %s at %s does too: give one of them another instant",
		second.Key.ID(), second.From.Format(time.RFC3339), first.Key.ID(), first.where)
}

// checkInstant returns the instant in the one form that rings hold. The years keep it within
// what RFC 3339 can write, and a typing slip from meaning since ever.
func checkInstant(t time.Time) (time.Time, error) {
	if t.IsZero() {
		return time.Time{}, nil
	}
	t = t.Round(0).UTC()
	if t.Nanosecond() != 0 {
		return time.Time{}, errors.New("the instant has a fraction of a second: give whole seconds")
	}
	if year := t.Year(); year < 1970 || year > 9999 {
		return time.Time{}, fmt.Errorf("the instant is in the year %d: it must be between 1970 and 9999, or left out to mean since ever", year)
	}
	return t, nil
}

// Ring returns r, which makes a [*Ring] a [Ringer].
func (r *Ring) Ring() *Ring { return r }

// Signer returns the key that signs at the given time: the newest key, not revoked, whose
// instant has passed. It depends on the ring and the time alone, so all instances that
// have the same ring and the right time agree.
//
// If there is none, the error wraps [ErrNoSigner], and says from when a key will sign, if one will.
// A ring that is older than [WatcherOptions].MaxAge has none either.
func (r *Ring) Signer(now time.Time) (Key, error) {
	if r.silence != nil {
		return Key{}, fmt.Errorf("%w: %w", ErrNoSigner, r.silence)
	}
	var first Entry
	for _, entry := range slices.Backward(r.entries) {
		if entry.Revoked {
			continue
		}
		if entry.hasBegun(now) {
			return entry.Key, nil
		}
		first = entry
	}
	if first.Key.isZero() {
		return Key{}, fmt.Errorf("%w: the ring has no key that is not revoked; add a new one", ErrNoSigner)
	}
	return Key{}, fmt.Errorf("%w: the first to sign is %s, from %s", ErrNoSigner, first.Key.ID(), first.From.Format(time.RFC3339))
}

func (e Entry) hasBegun(now time.Time) bool {
	return e.From.IsZero() || !e.From.After(now)
}

// Lookup returns the key with this ID, to verify with. Keys verify before
// their instant, too: a fast clock elsewhere may already sign with them.
//
// The error is [ErrUnknown] or [ErrRevoked] itself. Lookup does not allocate.
func (r *Ring) Lookup(id ID) (Key, error) {
	entry, ok := r.byID[id.number()]
	if !ok {
		return Key{}, ErrUnknown
	}
	if entry.Revoked {
		return Key{}, ErrRevoked
	}
	return entry.Key, nil
}

// succeed returns the ring as it follows another: with not-before at limit, with the
// given keys revoked, and with the other's keys where they are the same, so that what
// was derived from them stays. A ring that is silent stays so.
func (r *Ring) succeed(old *Ring, revoked map[uint32]bool, limit time.Time) *Ring {
	next := &Ring{notBefore: limit, byID: make(map[uint32]Entry, len(r.byID)), entries: slices.Clone(r.entries), silence: r.silence}
	for i := range next.entries {
		entry := &next.entries[i]
		id := entry.Key.id.number()
		if had, ok := old.byID[id]; ok && had.Key.sameSecret(entry.Key) {
			entry.Key = had.Key
		}
		entry.Revoked = entry.Revoked || revoked[id]
		next.byID[id] = *entry
	}
	return next
}

// equal reports whether two rings have the same content.
func (r *Ring) equal(other *Ring) bool {
	return (r.silence == nil) == (other.silence == nil) && r.notBefore.Equal(other.notBefore) && slices.EqualFunc(r.entries, other.entries, func(a, b Entry) bool {
		return a.From.Equal(b.From) && a.Revoked == b.Revoked && a.Key.sameSecret(b.Key)
	})
}

// silenced returns the ring as one that verifies and does not sign, and says why.
func (r *Ring) silenced(why error) *Ring {
	s := *r
	s.silence = why
	return &s
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// NotBefore returns the instant before which no session may have been created.
// The zero Time means no limit. The ring only carries it: who opens sessions applies it.
func (r *Ring) NotBefore() time.Time { return r.notBefore }

// Reveal returns the whole ring, secrets included, as the text of a file, which [ParseRing]
// and [File] read. It begins with a header and ends with an end mark, so that a file
// that was cut off is never valid. Equal rings give equal texts.
func (r *Ring) Reveal() string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for _, statement := range r.statements() {
		b.WriteString(statement + "\n")
	}
	b.WriteString(endMark + strconv.Itoa(len(r.entries)) + "\n")
	return b.String()
}

// RevealLine returns the whole ring, secrets included, in one line for an environment variable,
// which [ParseRing] and [Env] read. Equal rings give equal lines.
func (r *Ring) RevealLine() string { return strings.Join(r.statements(), ",") }

func (r *Ring) statements() []string {
	var all []string
	if !r.notBefore.IsZero() {
		all = append(all, notBeforeWord+" "+r.notBefore.Format(time.RFC3339))
	}
	for _, entry := range r.entries {
		all = append(all, entry.describe(entry.Key.Reveal(), " "))
	}
	return all
}

// describe writes the name of the key, its instant and its revocation, if it has them.
func (e Entry) describe(name, from string) string {
	if !e.From.IsZero() {
		name += from + e.From.Format(time.RFC3339)
	}
	if e.Revoked {
		name += " " + revokedWord
	}
	return name
}

// The methods that print have value receivers, so that they also serve a Ring that is not
// behind a pointer.

// String returns the number of keys, their IDs and instants, and no secret.
func (r Ring) String() string { return "keys.Ring(" + r.outline() + ")" }

func (r Ring) outline() string {
	var b strings.Builder
	if len(r.entries) == 1 {
		b.WriteString("1 key")
	} else {
		fmt.Fprintf(&b, "%d keys", len(r.entries))
	}
	separator := ": "
	for _, entry := range r.entries {
		b.WriteString(separator + entry.describe(entry.Key.ID().String(), " from "))
		separator = ", "
	}
	if !r.notBefore.IsZero() {
		b.WriteString("; " + notBeforeWord + " " + r.notBefore.Format(time.RFC3339))
	}
	return b.String()
}

// Format writes what [Ring.String] returns, for every verb and flag.
func (r Ring) Format(f fmt.State, _ rune) { io.WriteString(f, r.String()) }

// LogValue returns the number of keys, their IDs and instants.
func (r Ring) LogValue() slog.Value { return slog.StringValue(r.outline()) }

// MarshalText returns the number of keys, their IDs and instants. A ring cannot come back from it.
func (r Ring) MarshalText() ([]byte, error) { return []byte(r.outline()), nil }

// MarshalBinary returns what [Ring.MarshalText] returns. Without it, encoding/gob would refuse a Ring.
func (r Ring) MarshalBinary() ([]byte, error) { return r.MarshalText() }

// maxMistakes bounds a message about a text that is something else altogether.
const maxMistakes = 10

// mistakes collects all that is wrong, so that the reader need not find it one by one.
type mistakes struct {
	list []error
	more int
}

func (m *mistakes) add(where string, err error) {
	if len(m.list) == maxMistakes {
		m.more++
		return
	}
	if where != "" {
		err = fmt.Errorf("%s: %w", where, err)
	}
	m.list = append(m.list, err)
}

func (m *mistakes) err() error {
	if m.more > 0 {
		return errors.Join(append(slices.Clip(m.list), fmt.Errorf("and %d more", m.more))...)
	}
	return errors.Join(m.list...)
}
