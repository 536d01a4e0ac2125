package main

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cookiesession/go/keys"
)

// A document is the text of a valid ring, by its lines. Editing it changes the
// lines that must change, and leaves comments, order and line ends alone.
type document struct {
	mark  string   // the byte order mark, if there is one
	end   string   // of new lines
	lines []string // with their line ends
}

const (
	header        = "# cookiesession key ring"
	endMark       = "# end "
	notBeforeWord = "not-before"
	blanks        = " \t"
)

func newDocument(text string) *document {
	d := &document{end: "\n"}
	if rest, ok := strings.CutPrefix(text, "\ufeff"); ok {
		d.mark, text = "\ufeff", rest
	}
	d.lines = slices.Collect(strings.Lines(text))
	if strings.HasSuffix(d.lines[0], "\r\n") {
		d.end = "\r\n"
	}
	return d
}

// text is the edited text. It has a header and an end mark, so that a file cut
// off at whatever place is never another valid ring.
func (d *document) text() string {
	if bare(d.lines[0]) != header {
		d.insert(0, header)
	}
	count := 0
	for _, line := range d.lines {
		if _, ok := keyOf(line); ok {
			count++
		}
	}
	mark := endMark + strconv.Itoa(count)
	if i := d.endLine(); i < len(d.lines) {
		d.lines[i] = mark + d.lines[i][len(bare(d.lines[i])):]
	} else {
		d.insert(i, mark)
	}
	return d.mark + strings.Join(d.lines, "")
}

// isMarked reports whether the text can be told from one that was cut off.
func (d *document) isMarked() bool {
	return bare(d.lines[0]) == header || d.endLine() < len(d.lines)
}

// add appends a key.
func (d *document) add(key keys.Key, from time.Time) {
	d.insert(d.endLine(), key.Reveal()+" "+stamp(from))
}

// remove drops the line of a key.
func (d *document) remove(id keys.ID) {
	d.lines = slices.DeleteFunc(d.lines, func(line string) bool {
		found, ok := keyOf(line)
		return ok && found == id
	})
}

// revoke writes the word behind the last one of a key's statement.
func (d *document) revoke(id keys.ID) {
	for i, line := range d.lines {
		if found, ok := keyOf(line); ok && found == id {
			n := len(statement(line))
			d.lines[i] = line[:n] + " revoked" + line[n:]
		}
	}
}

// refuseBefore makes instant the one before which no session may have begun.
// It must be later than the one that the text has. A comment on that is not on
// this one: its line stays as a comment.
func (d *document) refuseBefore(instant time.Time) {
	i := slices.IndexFunc(d.lines, func(line string) bool { return strings.HasPrefix(words(line), notBeforeWord) })
	if i >= 0 {
		old := bare(d.lines[i])
		d.lines[i] = notBeforeWord + " " + stamp(instant) + d.lines[i][len(old):]
		if strings.Contains(old, "#") {
			d.insert(i, "# "+strings.TrimLeft(old, blanks))
		}
		return
	}
	i = 0
	if bare(d.lines[0]) == header {
		i = 1
	}
	d.insert(i, notBeforeWord+" "+stamp(instant))
}

func (d *document) insert(i int, line string) { d.lines = slices.Insert(d.lines, i, line+d.end) }

// endLine is where the end mark stands, or where it would.
func (d *document) endLine() int {
	for i, line := range d.lines {
		count, ok := strings.CutPrefix(strings.TrimRight(bare(line), blanks), endMark)
		if ok && count != "" && strings.Trim(count, "0123456789") == "" {
			return i
		}
	}
	return len(d.lines)
}

// bare is a line without its end.
func bare(line string) string { return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r") }

// statement is a line without its comment, and without the blanks before that.
func statement(line string) string {
	line, _, _ = strings.Cut(bare(line), "#")
	return strings.TrimRight(line, blanks)
}

func words(line string) string { return strings.TrimLeft(statement(line), blanks) }

// keyOf is the ID of the key on a line, if it has one.
func keyOf(line string) (keys.ID, bool) {
	word, _, _ := strings.Cut(strings.ReplaceAll(words(line), "\t", " "), " ")
	key, err := keys.ParseKey(word)
	return key.ID(), err == nil
}
