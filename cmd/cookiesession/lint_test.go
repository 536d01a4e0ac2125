package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lint runs the command on two rings, and gives its lines with {A} in the
// place of key A's ID.
func lint(t *testing.T, text, was string, args ...string) (string, int) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "now.keys")
	require.NoError(t, os.WriteFile(file, []byte(filled(text)), 0o600))
	args = append([]string{"keys", "lint", file, "--at", "2026-09-01T00:00:00Z"}, args...)
	if was != "" {
		old := filepath.Join(dir, "old.keys")
		require.NoError(t, os.WriteFile(old, []byte(filled(was)), 0o600))
		args = append(args, "--was", old)
	}
	var out, errOut bytes.Buffer
	status := run(args, &console{in: strings.NewReader(""), out: &out, err: &errOut})
	assert.Empty(t, errOut.String())
	assert.NotRegexp(t, `cs1_[A-Za-z0-9_-]`, out.String())
	said := strings.ReplaceAll(out.String(), file, "FILE")
	for name, key := range testKeys {
		said = strings.ReplaceAll(said, key.ID().String(), "{"+name+"}")
	}
	return said, status
}

func TestLint(t *testing.T) {
	const (
		a, b    = "{A}\n", "{A}\n{B} 2026-08-20T00:00:00Z\n# end 2\n"
		soon    = "2026-09-01T00:04:59Z"
		inTime  = "2026-09-01T00:05:00Z"
		revoked = "{B} 2026-08-01T00:00:00Z revoked\nnot-before 2026-08-05T00:00:00Z\n"
	)
	for _, tt := range []struct {
		name, text, was string
		want            string // a pattern for each line, whose . does not match a line end
	}{
		{"one key", a, "", `ok: 1 key, \{A\} signs`},
		{"two keys", b, b, `ok: 2 keys, \{B\} signs`},
		{"in time", "{A}\n{B} " + inTime + "\n# end 2\n", "",
			`ok: 2 keys, \{A\} signs until \{B\} takes over at 2026-09-01T00:05:00Z \(in 5m\)`},

		{"a gap", "{A} 2026-09-01T00:10:00Z\n", "",
			`danger: no key signs now: the first, \{A\}, begins at 2026-09-01T00:10:00Z \(in 10m\), and until then no session can be saved; add one .*rotate FILE --in 0s --force`},
		{"all revoked", "{A} revoked\nnot-before 2026-08-05T00:00:00Z\n", "",
			`danger: no key signs, now or ever: all are revoked, .*rotate FILE --in 0s --force`},

		{"soon", "{A}\n{B} " + soon + "\n# end 2\n", "",
			`danger: \{B\} begins to sign at 2026-09-01T00:04:59Z \(in 4m 59s\), sooner than every instance can load a ring \(5m\): .* give the ring that they have with --was`},
		{"soon, and everywhere", "{A}\n{B} " + soon + "\n# end 2\n", "{A}\n{B} " + soon + "\n", `ok: .*`},
		{"soon, and new", "{A}\n{B} " + soon + "\n# end 2\n", a,
			`danger: \{B\} is new and signs from 2026-09-01T00:04:59Z \(in 4m 59s\), but instances have until 2026-09-01T00:05:00Z to load it .* an instant after 2026-09-01T00:10:00Z.*`},
		{"new in time, for right clocks", "{A}\n{B} " + inTime + "\n# end 2\n", a,
			`note: \{B\} signs from 2026-09-01T00:05:00Z \(in 5m\), but an instance whose clock is fast signs with it up to 5m early, .* an instant after 2026-09-01T00:10:00Z leaves room for that
ok: .*`},
		{"moved in time, for right clocks", "{A}\n{B} 2026-09-01T00:09:59Z\n# end 2\n", "{A}\n{B} 2026-10-01T00:00:00Z\n",
			`note: \{B\} signs from 2026-09-01T00:09:59Z .*
ok: .*`},
		{"new in time", "{A}\n{B} 2026-09-01T00:10:00Z\n# end 2\n", a, `ok: .*`},
		{"the signer moved ahead", "{A}\n{B} 2026-09-10T00:00:00Z\n# end 2\n", b,
			`note: \{B\} signs now and was moved to 2026-09-10T00:00:00Z \(in 9d\): the older key \{A\} signs again until then
ok: .*`},
		{"the instant of the oldest written down", "{A} 2026-01-01T00:00:00Z\n{B} 2026-08-20T00:00:00Z\n# end 2\n", b, `ok: 2 keys, \{B\} signs`},
		{"the instant of the signer written down", "{A} 2026-01-01T00:00:00Z\n", a, `danger: \{A\} was moved: .*`},
		{"new and past", b, a, `danger: \{B\} is new and signs from 2026-08-20T00:00:00Z \(12d ago\).*`},
		{"new since always", a, "{B}\n", `danger: \{A\} is new and signs from always.*
danger: \{B\} was removed, and it is signing: .*put its line back, and add a newer key first`},
		{"new, but overtaken", "{A} 2026-07-01T00:00:00Z\n{B} 2026-08-01T00:00:00Z\n# end 2\n", "{B} 2026-08-01T00:00:00Z\n",
			`ok: 2 keys, \{B\} signs`},
		{"retired", "{A}\n{B} 2026-08-01T00:00:00Z\n# end 2\n", "",
			`note: \{A\} is retired since 2026-08-15T00:05:00Z \(16d ago\) and may be removed: .*prune FILE --lifetime 336h
ok: 2 keys, \{B\} signs`},
		{"retired for all", "{A}\n{B} 2026-08-01T00:00:00Z\n# end 2\n", "{A}\n{B} 2026-08-01T00:00:00Z\n",
			`note: \{A\} is retired since .*
ok: 2 keys, \{B\} signs`},
		{"moved into the past", b, "{A}\n{B} 2026-10-01T00:00:00Z\n",
			`danger: \{B\} was moved: it signs from 2026-08-20T00:00:00Z \(12d ago\), and in the ring that the instances have from 2026-10-01T00:00:00Z \(in 30d\); .* one after 2026-09-01T00:10:00Z`},
		{"what looks retired for a key that nobody had", "{A}\n{B} 2026-07-01T00:00:00Z\n# end 2\n", a, `danger: \{B\} is new and signs from 2026-07-01T00:00:00Z.*`},
		{"moved ahead", "{A}\n{B} 2026-10-01T00:00:00Z\n# end 2\n", "{A}\n{B} 2026-09-10T00:00:00Z\n", `ok: .*`},

		{"pruned", "{B} 2026-08-01T00:00:00Z\n", "{A}\n{B} 2026-08-01T00:00:00Z\n", `ok: .*`},
		{"pruned too early", "{B} 2026-08-20T00:00:00Z\n", "{A}\n{B} 2026-08-20T00:00:00Z\n",
			`danger: \{A\} was removed, and it is accepting: live sessions of up to 336h may bear it until 2026-09-03T00:05:00Z \(in 2d\), and would be lost; put its line back until then`},
		{"a rotation called off", a, "{A}\n{B} 2026-09-01T00:10:00Z\n",
			`note: \{B\} was removed before it signed: fine if every instance loads this before 2026-09-01T00:10:00Z \(in 10m\)
ok: 1 key, \{A\} signs`},
		{"a rotation called off too late", a, "{A}\n{B} 2026-09-01T00:09:59Z\n",
			`danger: \{B\} was removed, but signs from 2026-09-01T00:09:59Z \(in 9m 59s\) where this is not loaded by then \(5m\), .*; put its line back, with a later instant .*`},
		{"a revoked line removed", a, "{A}\n" + revoked,
			`note: \{B\} was revoked and its line is gone: .*
note: not-before 2026-08-05T00:00:00Z \(27d ago\) is gone or was moved back: fine, as every cookie that it refused has expired
ok: .*`},

		{"the signer revoked", "{A}\n" + revoked + "# end 2\n", b,
			`danger: \{B\} signs now and is revoked by this edit: its sessions end, and the older key \{A\} signs again; add a new key in the same edit: .*
danger: not-before 2026-08-05T00:00:00Z \(27d ago\) is new and has passed: everyone is signed out as soon as this is loaded, .*keys revoke FILE ID --leaked does
note: \{B\} is revoked, but revoking does not end sessions .*`},
		{"the signer revoked, its instant dropped", "{A}\n{B} revoked\n# end 2\n", b, `danger: \{B\} signs now .*the older key \{A\} signs again; .*
note: \{B\} is revoked, but revoking does not end sessions .*`},
		{"the only signer revoked", "{A} revoked\nnot-before 2026-08-05T00:00:00Z\n", a,
			`danger: no key signs, now or ever: .*
danger: \{A\} signs now and is revoked by this edit: its sessions end, and no key signs in its place; .*
danger: not-before .* has passed: .*
note: \{A\} is revoked, but revoking does not end sessions .*`},
		{"the signer replaced", "{B} 2026-08-01T00:00:00Z revoked\nnot-before 2026-08-05T00:00:00Z\n{C} 2026-09-01T00:00:00Z\n# end 2\n", "{B} 2026-08-01T00:00:00Z\n",
			`danger: \{B\} signs now and is revoked by this edit: its sessions end, and \{C\} signs in its place; right if it has leaked.*
danger: \{C\} is new and signs from 2026-09-01T00:00:00Z \(now\), .*
danger: not-before .* has passed: .*
note: \{B\} is revoked, but revoking does not end sessions .*`},
		{"a leak answered", "{B} 2026-08-01T00:00:00Z revoked\nnot-before 2026-09-01T00:15:00Z\n{C} 2026-08-31T23:55:00Z\n# end 2\n", "{B} 2026-08-01T00:00:00Z\n",
			`danger: \{B\} signs now .*and \{C\} signs in its place; right if it has leaked.*
danger: \{C\} is new and signs from 2026-08-31T23:55:00Z \(5m ago\), .* unless you answer a leak and some lost sessions do not matter
note: not-before lies ahead: everyone is signed out at 2026-09-01T00:15:00Z \(in 15m\)`},
		{"a leak answered a minute ago", "{A} revoked\nnot-before 2026-09-01T00:14:00Z\n{B} 2026-08-20T00:00:00Z\n# end 2\n", b,
			`danger: \{A\} is accepting and is revoked by this edit: the live sessions under it end; right if it has leaked, .*
note: not-before lies ahead: .*
note: \{A\} is revoked by this edit: if it leaked, not-before is late enough if every instance loads this before 2026-09-01T00:04:00Z \(in 4m\); .*keys revoke FILE \{A\} --leaked\): see docs/rotation.md`},
		{"a leak answered too late", "{A} revoked\nnot-before 2026-09-01T00:10:00Z\n{B} 2026-08-20T00:00:00Z\n# end 2\n", b,
			`danger: \{A\} is accepting and is revoked by this edit: .*
note: not-before lies ahead: .*
note: \{A\} is revoked, but revoking does not end sessions .*`},
		{"a retired key revoked", "{A} revoked\n{B} 2026-08-01T00:00:00Z\n# end 2\n", "{A}\n{B} 2026-08-01T00:00:00Z\n",
			`note: \{A\} is revoked, but revoking does not end sessions .*
ok: .*`},
		{"an older key signs again", "{A}\n" + revoked + "# end 2\n", "",
			`danger: \{B\} is revoked and would sign now, so the older key \{A\} signs again; add a new key in the same edit: .*`},
		{"a newer key signs already", "{A}\n" + revoked + "{C} 2026-08-20T00:00:00Z\n# end 3\n", "", `ok: .*`},
		{"the next one revoked", "{A}\n{B} 2026-09-10T00:00:00Z revoked\nnot-before 2026-09-11T00:00:00Z\n{C} 2026-09-09T00:00:00Z revoked\n{D} 2026-09-12T00:00:00Z\n# end 4\n", "",
			`danger: \{C\} is revoked and was to sign from 2026-09-09T00:00:00Z \(in 8d\), so the older key \{A\} goes on; add a new key .*rotate FILE --in 48h
note: not-before lies ahead: everyone is signed out at 2026-09-11T00:00:00Z \(in 10d\)`},
		{"revoked after the next one", "{A}\n{B} 2026-09-10T00:00:00Z\n{C} 2026-09-12T00:00:00Z revoked\nnot-before 2026-09-12T00:00:00Z\n# end 3\n", "",
			`note: not-before lies ahead.*
ok: .*`},
		{"revoked no more", b, "{A}\n" + revoked,
			`danger: \{B\} was revoked and is not any more: .*
note: not-before 2026-08-05T00:00:00Z .*`},
		{"not-before moved back", "{A}\nnot-before 2026-08-29T00:00:00Z\n", "{A}\nnot-before 2026-08-30T00:00:00Z\n",
			`danger: not-before was moved back, from 2026-08-30T00:00:00Z to 2026-08-29T00:00:00Z: .*`},
		{"not-before gone", a, "{A}\nnot-before 2026-08-17T23:55:00Z\n", `danger: the line not-before 2026-08-17T23:55:00Z is gone: .*`},
		{"not-before gone, a lifetime later", a, "{A}\nnot-before 2026-08-17T23:54:59Z\n", `note: not-before 2026-08-17T23:54:59Z .*
ok: .*`},
		{"not-before moved on, and passed", "{A}\nnot-before 2026-09-01T00:00:00Z\n", "{A}\nnot-before 2026-08-01T00:00:00Z\n",
			`danger: not-before 2026-09-01T00:00:00Z \(now\) is new and has passed: .*`},
		{"not-before moved on", "{A}\nnot-before 2026-09-01T00:00:01Z\n", "{A}\nnot-before 2026-08-01T00:00:00Z\n", `note: not-before lies ahead: .*
ok: .*`},
		{"not-before as it was", "{A}\nnot-before 2026-08-30T00:00:00Z\n", "{A}\nnot-before 2026-08-30T00:00:00Z\n", `ok: .*`},
		{"not-before gone before it passed", a, "{A}\nnot-before 2026-09-02T00:00:00Z\n",
			`danger: the line not-before 2026-09-02T00:00:00Z \(in 1d\) is gone before its instant: nobody is signed out then; put it back if it is there for a leak`},
		{"not-before moved back before it passed", "{A}\nnot-before 2026-09-02T00:00:00Z\n", "{A}\nnot-before 2026-09-03T00:00:00Z\n",
			`danger: not-before was moved from 2026-09-03T00:00:00Z \(in 2d\) to 2026-09-02T00:00:00Z \(in 1d\): sessions begun between the two go on; .*
note: not-before lies ahead: .*`},
		{"not-before moved into the past", "{A}\nnot-before 2026-08-30T00:00:00Z\n", "{A}\nnot-before 2026-09-03T00:00:00Z\n",
			`danger: not-before 2026-08-30T00:00:00Z \(2d ago\) is new and has passed: .*
danger: not-before was moved from 2026-09-03T00:00:00Z .*`},

		{"revoked without not-before", "{A} revoked\n{B} 2026-08-01T00:00:00Z\n# end 2\n", "",
			`note: \{A\} is revoked, but revoking does not end sessions .*keys revoke FILE \{A\} --leaked\): see docs/rotation.md
ok: .*`},
		{"not marked", "{A}\n{B} 2026-08-31T00:00:00Z\n", "",
			`note: there is no header and no end mark, .*keys rotate adds them
ok: .*`},
		{"no ring", "{A}\nnonsense\n{A}\n", "", `danger: line 2: not a key.*
danger: line 3: the key \{A\} stands at line 1 too.*`},
		{"cut off", "{A}\n{B}", "", `danger: the file does not end in a line end.*`},
		{"empty", "", "", `danger: the file is empty.*`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			said, status := lint(t, tt.text, tt.was)
			assert.Regexp(t, regexp.MustCompile(`\A`+tt.want+`\n\z`), said)
			want := failed
			if strings.Contains(said, "ok: ") {
				want = 0
			}
			assert.Equal(t, want, status)
		})
	}
}

func TestLintTakesTheTimesOfTheFleet(t *testing.T) {
	const edited, old = "{B} 2026-08-20T00:00:00Z\n{C} 2026-09-01T06:00:00Z\n# end 2\n", "{A}\n{B} 2026-08-20T00:00:00Z\n"
	said, status := lint(t, edited, old, "--lifetime", "7d")
	assert.Zero(t, status, said)
	said, status = lint(t, edited, old, "--lifetime", "7d", "--reload", "12h")
	assert.Equal(t, failed, status)
	assert.Contains(t, said, "danger: {C} is new")
	said, status = lint(t, edited, old, "--lifetime", "30d")
	assert.Equal(t, failed, status)
	assert.Contains(t, said, "danger: {A} was removed, and it is accepting: live sessions of up to 720h may bear it until 2026-09-19T00:05:00Z (in 18d)")
}
