package keys

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	header        = "# cookiesession key ring"
	endMark       = "# end "
	notBeforeWord = "not-before"
	revokedWord   = "revoked"
	byteOrderMark = "\ufeff"

	// maxText bounds what is read. It holds about ten thousand keys.
	maxText = 1 << 20
)

// ParseRing reads the text form of a ring. The package documentation describes it.
// [Ring.Reveal] and [Ring.RevealLine] write it.
//
// A text with a line end is read as a file, one without as a single line.
// The error names every mistake, by its line (or its entry, in a single line), up to
// a bound. It never repeats words of the text, as any of them may be part of a key.
func ParseRing(text string) (*Ring, error) {
	r, err := parseRing(text)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return r, nil
}

func parseRing(text string) (*Ring, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("the text is longer than %d bytes: it cannot be a key ring", maxText)
	}
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return nil, errors.New("the text is UTF-16: save it as UTF-8")
	}
	// Some editors put this mark before UTF-8. It says nothing and harms nothing.
	text = strings.TrimPrefix(text, byteOrderMark)

	var p parser
	if strings.Contains(text, "\n") {
		p.lines(text)
	} else {
		p.line(text)
	}
	if p.found == 0 && len(p.bad.list) == 0 {
		p.bad.add("", errNoKey)
	}
	r := assemble(p.notBefore, p.entries, &p.bad)
	if err := p.bad.err(); err != nil {
		return nil, err
	}
	return r, nil
}

// parser holds what has been read so far.
type parser struct {
	entries   []placed
	notBefore time.Time
	found     int // keys, good and bad
	bad       mistakes
}

// lines reads the form with one statement a line.
func (p *parser) lines(text string) {
	var (
		number  int
		where   string
		marked  bool   // the first line promises an end mark
		end     string // what the end mark says
		endAt   string // where it stands, if there is one
		isAfter bool   // something comes after it
	)
	for line := range strings.Lines(text) {
		number++
		where = "line " + strconv.Itoa(number)
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if number == 1 && line == header {
			marked = true
		}
		if hasControl(line) {
			p.bad.add(where, errControl)
			continue
		}
		if strings.Trim(line, blanks) == "" {
			continue
		}
		if endAt != "" && !isAfter {
			isAfter = true
			p.bad.add(where, fmt.Errorf("the end mark on %s must be the last line: move it to the end", endAt))
		}
		if count, ok := cutEndMark(line); ok {
			end, endAt = count, where
			continue
		}
		statement, _, _ := strings.Cut(line, "#")
		if strings.Contains(statement, ",") {
			p.bad.add(where, errors.New("a comma: write one key a line; commas are for the form with no line end"))
			continue
		}
		p.statement(where, statement)
	}

	// With other mistakes the count says little, and the text is refused anyway.
	if len(p.bad.list) > 0 {
		return
	}
	count := strconv.Itoa(p.found)
	switch {
	case marked && endAt == "":
		p.bad.add(where, fmt.Errorf("the text begins with %q, so it must end with an end mark, and has none: was it cut off? "+
			"If it is whole, make its last line %q", header, endMark+count))
	case endAt != "" && end != count:
		p.bad.add(endAt, fmt.Errorf("the end mark does not count the keys, which are %s: is a part missing? "+
			"If the text is whole and was edited, make this line %q", count, endMark+count))
	}
}

// cutEndMark returns the number in an end mark. What is not a number is any other comment.
func cutEndMark(line string) (string, bool) {
	count, ok := strings.CutPrefix(strings.TrimRight(line, blanks), endMark)
	if !ok || count == "" || strings.Trim(count, "0123456789") != "" {
		return "", false
	}
	return count, true
}

// line reads the form with all statements in a single line.
func (p *parser) line(text string) {
	if strings.Trim(text, blanks) == "" {
		return
	}
	if strings.Contains(text, "#") {
		p.bad.add("", errors.New("a # in a text with no line end: comments work only in a file; remove it"))
		return
	}
	if hasControl(text) {
		p.bad.add("", errControl)
		return
	}
	number := 0
	for entry := range strings.SplitSeq(text, ",") {
		number++
		where := "entry " + strconv.Itoa(number)
		if strings.Trim(entry, blanks) == "" {
			p.bad.add(where, errors.New("there is nothing between the commas, or after the last: is a key missing? If not, remove the comma"))
			continue
		}
		p.statement(where, entry)
	}
}

const blanks = " \t"

// statement reads KEY [INSTANT] [revoked], or not-before INSTANT, or nothing.
func (p *parser) statement(where, text string) {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(blanks, r) })
	if len(words) == 0 {
		return
	}
	if words[0] == notBeforeWord {
		p.limit(where, words[1:])
		return
	}

	p.found++
	entry := placed{where: where}
	good := true
	fail := func(err error) {
		p.bad.add(where, err)
		good = false
	}
	key, err := parseKey(words[0])
	if err != nil {
		fail(err)
	}
	entry.Key = key

	rest := words[1:]
	if len(rest) > 0 && rest[0] != revokedWord {
		if entry.From, err = parseInstant(rest[0]); err != nil {
			fail(err)
		}
		rest = rest[1:]
	}
	if len(rest) > 0 && rest[0] == revokedWord {
		entry.Revoked = true
		rest = rest[1:]
	}
	if len(rest) > 0 && good {
		fail(fmt.Errorf("word %d is one too many: after the key come an instant, then the word revoked, and both may be left out",
			len(words)-len(rest)+1))
	}
	if good {
		p.entries = append(p.entries, entry)
	}
}

// limit reads what comes after not-before.
func (p *parser) limit(where string, words []string) {
	if len(words) != 1 {
		p.bad.add(where, errors.New("after not-before comes one instant, such as 2026-09-01T00:00:00Z, and nothing else"))
		return
	}
	instant, err := parseInstant(words[0])
	if err != nil {
		p.bad.add(where, err)
		return
	}
	// The latest counts: to add a line never lets an old session back in.
	if instant.After(p.notBefore) {
		p.notBefore = instant
	}
}

// instantShape is how RFC 3339 writes an instant. time.Parse checks the values but
// also accepts an hour of one digit, and a zone a day away.
var instantShape = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

func parseInstant(word string) (time.Time, error) {
	if strings.HasPrefix(word, keyPrefix) {
		return time.Time{}, errors.New("a second key: write one key a line, or put a comma between them if there is only one line")
	}
	t, err := time.Parse(time.RFC3339, word)
	if err != nil || !instantShape.MatchString(word) { // not err: it quotes the word
		return time.Time{}, errors.New("after the key or not-before comes an instant, such as 2026-09-01T00:00:00Z (RFC 3339, with a time zone); " +
			"after a key also the word revoked; this is neither")
	}
	if strings.Contains(word, ".") {
		return time.Time{}, errors.New("the instant has a fraction of a second: give whole seconds")
	}
	if t.IsZero() {
		return time.Time{}, errors.New("the instant is in the year 1: it must be between 1970 and 9999, or left out to mean since ever")
	}
	return checkInstant(t)
}

var errControl = errors.New("a control character: only printable text, spaces, tabs and line ends (LF, or CR LF) are read")

// hasControl finds, among others, the lone carriage return and the vertical tab, which look
// like line ends on a screen: a key after one of these in a comment would silently be lost.
func hasControl(line string) bool {
	return strings.ContainsFunc(line, func(r rune) bool {
		return r < ' ' && r != '\t' || r == '\x7f' || '\u0080' <= r && r <= '\u009f' || r == '\u2028' || r == '\u2029'
	})
}
