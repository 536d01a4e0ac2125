package keys_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/cookiesession/go/keys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	ever  time.Time
	march = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	june  = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	sept  = time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
)

func ringOf(t testing.TB, entries ...keys.Entry) *keys.Ring {
	t.Helper()
	r, err := keys.NewRing(time.Time{}, entries...)
	require.NoError(t, err)
	return r
}

func TestNewRingRefuses(t *testing.T) {
	a, b, c := keyOf(t, "a"), keyOf(t, "b"), keyOf(t, "c")
	idA, idB := a.ID().String(), b.ID().String()
	for _, tt := range []struct {
		name      string
		notBefore time.Time
		entries   []keys.Entry
		want      string
	}{
		{"nothing", ever, nil,
			"keys: there is no key: a ring needs at least one; Generate makes it, and Reveal gives its text"},
		{"not-before alone", march, nil,
			"keys: there is no key: a ring needs at least one; Generate makes it, and Reveal gives its text"},
		{"zero key", ever, []keys.Entry{{Key: a}, {From: june}},
			"keys: entry 2: the key is zero: take one from Generate or ParseKey"},
		{"same key", ever, []keys.Entry{{Key: a}, {Key: b, From: march}, {Key: a, From: june}},
			"keys: entry 3: the key " + idA + " stands at entry 1 too: keep one"},
		{"same key, both revoked", ever, []keys.Entry{{Key: a, Revoked: true}, {Key: a, From: june, Revoked: true}},
			"keys: entry 2: the key " + idA + " stands at entry 1 too: keep one"},
		{"same key, first revoked", ever, []keys.Entry{{Key: a, Revoked: true}, {Key: a, From: june}},
			"keys: entry 2: the key " + idA + " stands at entry 1 too, and only one of the two is revoked: keep one"},
		{"same key, second revoked", ever, []keys.Entry{{Key: a}, {Key: a, Revoked: true}},
			"keys: entry 2: the key " + idA + " stands at entry 1 too, and only one of the two is revoked: keep one"},
		{"same instant", ever, []keys.Entry{{Key: a, From: june}, {Key: c}, {Key: b, From: june.In(time.FixedZone("", 7200))}},
			"keys: entry 3: the key " + idB + " signs from 2026-06-01T00:00:00Z, and the key " + idA + " at entry 1 does too: give one of them another instant"},
		{"no instant twice", ever, []keys.Entry{{Key: a}, {Key: b}},
			"keys: entry 2: the key " + idB + " has no instant, and the key " + idA + " at entry 1 has none either, so either could sign: give the newer one the instant from which it signs"},
		{"fraction", ever, []keys.Entry{{Key: a, From: june.Add(time.Millisecond)}},
			"keys: entry 1: the instant has a fraction of a second: give whole seconds"},
		{"fraction in not-before", june.Add(1), []keys.Entry{{Key: a}},
			"keys: not-before: the instant has a fraction of a second: give whole seconds"},
		{"too early", ever, []keys.Entry{{Key: a, From: time.Unix(-1, 0)}},
			"keys: entry 1: the instant is in the year 1969: it must be between 1970 and 9999, or left out to mean since ever"},
		{"too late", time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -3600)), []keys.Entry{{Key: a}},
			"keys: not-before: the instant is in the year 10000: it must be between 1970 and 9999, or left out to mean since ever"},
		{"several mistakes", june.Add(1), []keys.Entry{{}, {Key: a}, {Key: a}},
			"keys: not-before: the instant has a fraction of a second: give whole seconds\n" +
				"entry 1: the key is zero: take one from Generate or ParseKey\n" +
				"entry 3: the key " + idA + " stands at entry 2 too: keep one"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := keys.NewRing(tt.notBefore, tt.entries...)
			assert.EqualError(t, err, tt.want)
			assert.Nil(t, r)
		})
	}
}

// Two secrets found by search whose IDs are the same.
func TestNewRingRefusesACollision(t *testing.T) {
	a, b := collision(t)
	_, err := keys.NewRing(time.Time{}, keys.Entry{Key: a}, keys.Entry{Key: b, From: june})
	id := a.ID().String()
	assert.EqualError(t, err, "keys: entry 2: this key has the ID "+id+", and so has the different key at entry 1, by a rare chance: put a new key in place of one of the two")
}

func TestRingDoesNotChangeWithItsInput(t *testing.T) {
	entries := []keys.Entry{{Key: keyOf(t, "a")}, {Key: keyOf(t, "b"), From: june}}
	r := ringOf(t, entries...)
	want := r.Reveal()
	entries[0] = keys.Entry{Key: keyOf(t, "c"), Revoked: true}
	slices.Reverse(entries)
	assert.Equal(t, want, r.Reveal())
	r.Status(june, time.Hour)[0].State = keys.Revoked
	assert.Equal(t, keys.Accepting, r.Status(june, time.Hour)[0].State)
}

func TestRingIsItsOwnRinger(t *testing.T) {
	r := ringOf(t, keys.Entry{Key: keyOf(t, "a")})
	var ringer keys.Ringer = r
	assert.Same(t, r, ringer.Ring())
}

func TestSigner(t *testing.T) {
	a, b, c := keyOf(t, "a"), keyOf(t, "b"), keyOf(t, "c")
	rotation := []keys.Entry{{Key: a}, {Key: b, From: march}, {Key: c, From: june}}
	for _, tt := range []struct {
		name    string
		entries []keys.Entry
		now     time.Time
		want    keys.Key
	}{
		{"since ever", []keys.Entry{{Key: a}}, march, a},
		{"since ever, at the zero time", []keys.Entry{{Key: a}}, time.Time{}, a},
		{"since ever, before the zero time", []keys.Entry{{Key: a}}, time.Time{}.Add(-time.Hour), a},
		{"before the first instant", rotation, march.Add(-1), a},
		{"at the first instant", rotation, march, b},
		{"between", rotation, june.Add(-1), b},
		{"at the last instant", rotation, june, c},
		{"much later", rotation, june.AddDate(500, 0, 0), c},
		{"in another zone", rotation, june.In(time.FixedZone("", -11*3600)), c},
		{"newest is revoked", []keys.Entry{{Key: a}, {Key: b, From: march}, {Key: c, From: june, Revoked: true}}, sept, b},
		{"only the oldest is left", []keys.Entry{{Key: a}, {Key: b, From: march, Revoked: true}, {Key: c, From: june, Revoked: true}}, sept, a},
		{"revoked with the same instant", []keys.Entry{{Key: a, From: march, Revoked: true}, {Key: b, From: march}}, sept, b},
		{"several revoked with none", []keys.Entry{{Key: a, Revoked: true}, {Key: b, Revoked: true}, {Key: c}}, sept, c},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 2 { // the order means nothing
				got, err := ringOf(t, tt.entries...).Signer(tt.now)
				require.NoError(t, err)
				assert.Equal(t, tt.want.ID(), got.ID())
				assert.Equal(t, tt.want.Reveal(), got.Reveal())
				slices.Reverse(tt.entries)
			}
		})
	}
}

func TestNoSigner(t *testing.T) {
	a, b, c := keyOf(t, "a"), keyOf(t, "b"), keyOf(t, "c")
	const none = "keys: no key may sign now: the ring has no key that is not revoked; add a new one"
	for _, tt := range []struct {
		name string
		ring *keys.Ring
		want string
	}{
		{"all revoked", ringOf(t, keys.Entry{Key: a, Revoked: true}, keys.Entry{Key: b, From: june, Revoked: true}), none},
		{"not yet", ringOf(t, keys.Entry{Key: c, From: sept}, keys.Entry{Key: b, From: june}, keys.Entry{Key: a, From: march, Revoked: true}),
			"keys: no key may sign now: the first to sign is " + b.ID().String() + ", from 2026-06-01T00:00:00Z"},
		{"zero ring", new(keys.Ring), none},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k, err := tt.ring.Signer(june.Add(-1))
			assert.EqualError(t, err, tt.want)
			assert.ErrorIs(t, err, keys.ErrNoSigner)
			assert.Zero(t, k)
		})
	}
}

func TestLookup(t *testing.T) {
	a, b, c := keyOf(t, "a"), keyOf(t, "b"), keyOf(t, "c")
	r := ringOf(t, keys.Entry{Key: a}, keys.Entry{Key: b, From: time.Now().AddDate(10, 0, 0).Truncate(time.Second)}, keys.Entry{Key: c, Revoked: true})

	for _, k := range []keys.Key{a, b} { // one whose instant lies ahead verifies, too
		got, err := r.Lookup(k.ID())
		require.NoError(t, err)
		assert.Equal(t, k.Reveal(), got.Reveal())
	}
	for _, tt := range []struct {
		name string
		ring *keys.Ring
		id   keys.ID
		want error
	}{
		{"revoked", r, c.ID(), keys.ErrRevoked},
		{"unknown", r, keyOf(t, "d").ID(), keys.ErrUnknown},
		{"zero ID", r, keys.ID{}, keys.ErrUnknown},
		{"zero ring", new(keys.Ring), a.ID(), keys.ErrUnknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.ring.Lookup(tt.id)
			assert.Same(t, tt.want, err, "the sentinel itself")
			assert.Zero(t, got)
		})
	}
}

func TestNotBefore(t *testing.T) {
	local := time.FixedZone("", 3600)
	r, err := keys.NewRing(march.In(local), keys.Entry{Key: keyOf(t, "a")})
	require.NoError(t, err)
	assert.Equal(t, march, r.NotBefore(), "in UTC")
	assert.True(t, ringOf(t, keys.Entry{Key: keyOf(t, "a")}).NotBefore().IsZero())
}

// A time from time.Now carries a monotonic reading, which the ring must not keep.
func TestNewRingDropsTheMonotonicClock(t *testing.T) {
	now := time.Now()
	now = now.Add(-time.Duration(now.Nanosecond()))
	r, err := keys.NewRing(now, keys.Entry{Key: keyOf(t, "a"), From: now})
	require.NoError(t, err)
	again, err := keys.ParseRing(r.Reveal())
	require.NoError(t, err)
	assert.Equal(t, again.NotBefore(), r.NotBefore())
	assert.Equal(t, again.Status(now, time.Hour), r.Status(now, time.Hour))
}

func TestHotPathDoesNotAllocate(t *testing.T) {
	r := ringOf(t, keys.Entry{Key: keyOf(t, "a")}, keys.Entry{Key: keyOf(t, "b"), From: march}, keys.Entry{Key: keyOf(t, "c"), Revoked: true})
	known, revoked, unknown := keyOf(t, "b").ID(), keyOf(t, "c").ID(), keyOf(t, "d").ID()
	info := string([]byte("an info that is no constant"))
	type big [4]*byte
	builds := 0
	check := func(want bool) {
		if !want {
			t.Error("not what was expected")
		}
	}
	use := func() {
		k, err := r.Lookup(known)
		check(err == nil)
		_, err = r.Lookup(revoked)
		check(errors.Is(err, keys.ErrRevoked))
		_, err = r.Lookup(unknown)
		check(errors.Is(err, keys.ErrUnknown))
		signer, err := r.Signer(sept)
		check(err == nil && signer.ID() == known)
		text := keys.Derived(k, info, func([32]byte) string { builds++; return info })
		check(text == info)
		keys.Derived(k, info, func([32]byte) big { builds++; return big{} })
		keys.Derived(k, info, func([32]byte) error { builds++; return keys.ErrUnknown })
	}
	use()
	assert.Zero(t, testing.AllocsPerRun(1000, use))
	assert.Equal(t, 3, builds)
}
