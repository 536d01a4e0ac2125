package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/keys"
)

// TestDocumentWritesAsRingsDo holds the words of the format to those of the package keys.
func TestDocumentWritesAsRingsDo(t *testing.T) {
	a, b := testKeys["A"], testKeys["B"]
	from, limit := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	ring, err := keys.NewRing(limit, keys.Entry{Key: a, Revoked: true}, keys.Entry{Key: b, From: from})
	require.NoError(t, err)

	d := newDocument(a.Reveal() + "\n")
	assert.False(t, d.isMarked())
	d.add(b, from)
	d.revoke(a.ID())
	d.refuseBefore(limit)
	text := d.text()
	d = newDocument(text)
	assert.True(t, d.isMarked())
	assert.Equal(t, ring.Reveal(), strings.Replace(text, "not-before 2026-08-01T00:00:00Z\n# cookiesession key ring\n",
		"# cookiesession key ring\nnot-before 2026-08-01T00:00:00Z\n", 1))
	assert.Equal(t, text, d.text(), "what needs nothing stays")
}

func TestDocument(t *testing.T) {
	from := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, text string
		edit       func(*document)
		want       string
	}{
		{"a byte order mark", "\ufeff# cookiesession key ring\n{A}\n# end 1\n",
			func(d *document) { d.add(testKeys["B"], from) },
			"\ufeff# cookiesession key ring\n{A}\n{B} 2026-10-01T00:00:00Z\n# end 2\n"},
		{"a byte order mark and no header", "\ufeff{A}\r\n",
			func(d *document) { d.add(testKeys["B"], from) },
			"\ufeff# cookiesession key ring\r\n{A}\r\n{B} 2026-10-01T00:00:00Z\r\n# end 2\r\n"},
		{"an end mark that is not the last line", "{A}\n# end 1  \n\n \n",
			func(d *document) { d.add(testKeys["B"], from) },
			"# cookiesession key ring\n{A}\n{B} 2026-10-01T00:00:00Z\n# end 2\n\n \n"},
		{"comments that look like marks", "{A} # end 7\n# end of file\n# end \n",
			func(d *document) { d.add(testKeys["B"], from) },
			"# cookiesession key ring\n{A} # end 7\n# end of file\n# end \n{B} 2026-10-01T00:00:00Z\n# end 2\n"},
		{"comments that look like statements", "# {A}\n{B}#{A}\n#not-before 2026-01-01T00:00:00Z\n",
			func(d *document) { d.revoke(testKeys["A"].ID()); d.remove(testKeys["A"].ID()); d.refuseBefore(from) },
			"# cookiesession key ring\nnot-before 2026-10-01T00:00:00Z\n# {A}\n{B}#{A}\n#not-before 2026-01-01T00:00:00Z\n# end 1\n"},
		{"a revocation before a comment without a blank", "{A}\t2026-10-01T00:00:00Z#why\r\n",
			func(d *document) { d.revoke(testKeys["A"].ID()) },
			"# cookiesession key ring\r\n{A}\t2026-10-01T00:00:00Z revoked#why\r\n# end 1\r\n"},
		{"a comment on a limit", "{A}\r\n not-before 2026-03-01T00:00:00Z\t# b\r\n",
			func(d *document) { d.refuseBefore(from) },
			"# cookiesession key ring\r\n{A}\r\n# not-before 2026-03-01T00:00:00Z\t# b\r\nnot-before 2026-10-01T00:00:00Z\r\n# end 1\r\n"},
		{"several limits", "not-before 2026-03-01T00:00:00Z\n{A}\n not-before\t2026-04-01T00:00:00Z # b\n",
			func(d *document) { d.refuseBefore(from) },
			"# cookiesession key ring\nnot-before 2026-10-01T00:00:00Z\n{A}\n not-before\t2026-04-01T00:00:00Z # b\n# end 1\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := keys.ParseRing(filled(tt.text))
			require.NoError(t, err)
			d := newDocument(filled(tt.text))
			tt.edit(d)
			assert.Equal(t, tt.want, emptied(d.text()))
			_, err = keys.ParseRing(d.text())
			assert.NoError(t, err)
		})
	}
}

func FuzzDocument(f *testing.F) {
	for _, text := range []string{"{A}\n", "# cookiesession key ring\n{A} 2026-01-01T00:00:00Z # x\r\n\n# end 1\n", "\ufeff{A}\n{B} 2026-01-01T00:00:00Z revoked\nnot-before 2026-01-01T00:00:00Z\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = filled(text)
		if !strings.HasSuffix(text, "\n") {
			return // a file ends in a line end, or is not read
		}
		ring, err := keys.ParseRing(text)
		if err != nil {
			return
		}
		d := newDocument(text)
		again, err := keys.ParseRing(d.text())
		require.NoError(t, err)
		require.Equal(t, ring.Reveal(), again.Reveal())

		latest := time.Date(9998, 1, 1, 0, 0, 0, 0, time.UTC)
		d.add(testKeys["D"], latest)
		d.revoke(testKeys["A"].ID())
		again, err = keys.ParseRing(d.text())
		if err != nil {
			return // as D, or another of that instant, was there
		}
		_, err = again.Lookup(testKeys["A"].ID())
		require.Error(t, err, "revoked, or never there")
		require.Len(t, again.Status(latest, 0), len(ring.Status(latest, 0))+1)
	})
}
