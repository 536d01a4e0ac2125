package cookiesession_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
)

// testKey is a key that everybody knows, for tests alone.
func testKey(t testing.TB, seed string) keys.Key {
	t.Helper()
	secret := sha256.Sum256([]byte("test key " + seed))
	k, err := keys.NewKey(secret[:])
	require.NoError(t, err)
	return k
}

func ringOf(t testing.TB, entries ...keys.Entry) *keys.Ring {
	t.Helper()
	ring, err := keys.NewRing(time.Time{}, entries...)
	require.NoError(t, err)
	return ring
}

// A clock stands still until it is moved.
type clock struct{ t time.Time }

func (c *clock) Now() time.Time      { return c.t }
func (c *clock) add(d time.Duration) { c.t = c.t.Add(d) }

// noon is where clocks of these tests begin.
var noon = time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)

func newClock() *clock { return &clock{noon} }

func newCodec(t testing.TB, opts cookiesession.Options) *cookiesession.Codec {
	t.Helper()
	return codecWith(t, ringOf(t, keys.Entry{Key: testKey(t, "1")}), opts)
}

func codecWith(t testing.TB, ring keys.Ringer, opts cookiesession.Options) *cookiesession.Codec {
	t.Helper()
	c, err := cookiesession.NewCodec(ring, opts)
	require.NoError(t, err)
	return c
}

// begin returns a session that was never sealed.
func begin(c *cookiesession.Codec) *cookiesession.Session { return c.New(context.Background()) }

// present opens what a client presents.
func present(c *cookiesession.Codec, values ...string) *cookiesession.Session {
	return c.Open(context.Background(), slices.Values(values))
}

// seal seals and expects a value.
func seal(t testing.TB, c *cookiesession.Codec, s *cookiesession.Session) string {
	t.Helper()
	sealed, err := c.Seal(s)
	require.NoError(t, err)
	require.Equal(t, cookiesession.SetCookie, sealed.Action)
	return sealed.Value
}

// cookieOf seals a new session of one value.
func cookieOf(t testing.TB, c *cookiesession.Codec, key string, v any) string {
	t.Helper()
	s := begin(c)
	s.Set(key, v)
	return seal(t, c, s)
}

// reopen goes once through the client.
func reopen(t testing.TB, c *cookiesession.Codec, s *cookiesession.Session) *cookiesession.Session {
	t.Helper()
	again := present(c, seal(t, c, s))
	again.Len()
	require.Empty(t, again.Rejected())
	return again
}

var protections = []struct {
	name string
	p    cookiesession.Protection
}{{"signed", cookiesession.Signed}, {"encrypted", cookiesession.Encrypted}}

func TestNewCodecReportsAllMistakesTogether(t *testing.T) {
	ring := ringOf(t, keys.Entry{Key: testKey(t, "1")})
	for _, tc := range []struct {
		name string
		ring keys.Ringer
		opts cookiesession.Options
		want []string
	}{
		{"name", ring, cookiesession.Options{Name: "a b"}, []string{`Options.Name "a b" is not a cookie name`}},
		{"empty name after all", ring, cookiesession.Options{Name: "a="}, []string{"Options.Name"}},
		{"long name", ring, cookiesession.Options{Name: strings.Repeat("n", 129)}, []string{"129 bytes"}},
		{"no limit", ring, cookiesession.Options{Lifetime: -1}, []string{"live for ever"}},
		{"short lifetime", ring, cookiesession.Options{Lifetime: time.Millisecond}, []string{"Lifetime 1ms is under a second"}},
		{"short idle", ring, cookiesession.Options{Idle: time.Millisecond}, []string{"Idle 1ms is under a second"}},
		{"negative idle", ring, cookiesession.Options{Idle: -time.Hour}, []string{"Idle"}},
		{"idle beyond lifetime", ring, cookiesession.Options{Lifetime: time.Hour, Idle: 2 * time.Hour}, []string{"never apply"}},
		{"realm", ring, cookiesession.Options{Realm: strings.Repeat("r", 65536)}, []string{"Realm has 65536 bytes"}},
		{"small", ring, cookiesession.Options{MaxSize: 255}, []string{"MaxSize 255"}},
		{"large", ring, cookiesession.Options{MaxSize: 4097}, []string{"MaxSize 4097", "browsers drop"}},
		{"protection", ring, cookiesession.Options{Protection: 2}, []string{"Signed or Encrypted"}},
		{"compression", ring, cookiesession.Options{Compression: 3}, []string{"CompressAuto"}},
		{"no ring", nil, cookiesession.Options{}, []string{"no key ring"}},
		{"nil ring", (*keys.Ring)(nil), cookiesession.Options{}, []string{"key ring is nil"}},
		{"no signer", ringOf(t, keys.Entry{Key: testKey(t, "1"), Revoked: true}), cookiesession.Options{}, []string{"cannot seal", "keys:"}},
		{"all of them", nil, cookiesession.Options{Name: ";", Lifetime: 1, MaxSize: 1},
			[]string{"Options.Name", "Options.Lifetime", "Options.MaxSize", "no key ring"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := cookiesession.NewCodec(tc.ring, tc.opts)
			assert.Nil(t, c)
			require.Error(t, err)
			for _, want := range tc.want {
				assert.ErrorContains(t, err, want)
			}
		})
	}
}

func TestNamesThatAreCookieNames(t *testing.T) {
	for _, name := range []string{"s", "__Host-session", "__Secure-x", "sid_2", "a.b", "!#$%&'*+-.^_`|~"} {
		assert.Equal(t, name, newCodec(t, cookiesession.Options{Name: name}).Name())
	}
	assert.Equal(t, "__Host-session", newCodec(t, cookiesession.Options{}).Name(), "the default")
}

func TestRoundTripOfEachProtection(t *testing.T) {
	for _, p := range protections {
		t.Run(p.name, func(t *testing.T) {
			c := newCodec(t, cookiesession.Options{Protection: p.p})
			s := begin(c)
			s.Set("user_id", "d41cf23e-c2ae-4d7a-ae01-716d0009cb73")
			s.Set("n", 7)
			got := reopen(t, c, s)
			assert.Equal(t, "d41cf23e-c2ae-4d7a-ae01-716d0009cb73", got.Get("user_id"))
			assert.Equal(t, 7, got.GetInt("n"))
			assert.Equal(t, s.ID(), got.ID())
			id, ok := got.KeyID()
			assert.True(t, ok)
			assert.Equal(t, testKey(t, "1").ID(), id)
		})
	}
}

func TestSignedIsReadableAndEncryptedIsNot(t *testing.T) {
	for _, p := range protections {
		c := newCodec(t, cookiesession.Options{Protection: p.p})
		raw, err := base64.RawURLEncoding.DecodeString(cookieOf(t, c, "k", "a plain word"))
		require.NoError(t, err)
		assert.Equal(t, p.p == cookiesession.Signed, strings.Contains(string(raw), "a plain word"), p.name)
	}
}

// Every single-character change of a cookie, to any character of the alphabet
// and to some outside, is refused. So is every truncation, and any addition.
func TestAlteredCookiesAreRefused(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ \n\r\t.%\x00é"
	for _, p := range protections {
		t.Run(p.name, func(t *testing.T) {
			c := newCodec(t, cookiesession.Options{Protection: p.p})
			good := cookieOf(t, c, "user_id", "d41cf23e-c2ae-4d7a-ae01-716d0009cb73")
			_, err := c.Decode(context.Background(), good)
			require.NoError(t, err)
			tried := 0
			refused := func(value string) {
				tried++
				_, err := c.Decode(context.Background(), value)
				require.ErrorIs(t, err, cookiesession.ErrInvalid, "%q", value)
			}
			for i := range good {
				for _, r := range alphabet {
					if string(r) != good[i:i+1] {
						refused(good[:i] + string(r) + good[i+1:])
					}
				}
				refused(good[:i])
				refused(good[:i] + "\n" + good[i:])
				refused(good[:i] + good[i+1:])
			}
			for _, r := range alphabet {
				refused(good + string(r))
				refused(string(r) + good)
			}
			assert.Greater(t, tried, 70*len(good))
		})
	}
}

func TestWhyACookieIsRefused(t *testing.T) {
	k1, k2 := testKey(t, "1"), testKey(t, "2")
	opts := func(change func(*cookiesession.Options)) cookiesession.Options {
		o := cookiesession.Options{Now: newClock().Now}
		if change != nil {
			change(&o)
		}
		return o
	}
	writer := codecWith(t, ringOf(t, keys.Entry{Key: k1}), opts(nil))
	good := cookieOf(t, writer, "k", "v")
	altered := func(i int, change func(byte) byte) string {
		raw, err := base64.RawURLEncoding.DecodeString(good)
		require.NoError(t, err)
		raw[i] = change(raw[i])
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	notBefore, err := keys.NewRing(noon.Add(time.Second), keys.Entry{Key: k1})
	require.NoError(t, err)

	for _, tc := range []struct {
		name  string
		ring  keys.Ringer
		opts  cookiesession.Options
		value string
		want  error
		says  string
	}{
		{"empty", nil, opts(nil), "", cookiesession.ErrMalformed, "cut off"},
		{"not base64url", nil, opts(nil), good + "=", cookiesession.ErrMalformed, "base64url"},
		{"cut off", nil, opts(nil), good[:40], cookiesession.ErrMalformed, "cut off"},
		{"too long", nil, opts(nil), strings.Repeat("A", 4097), cookiesession.ErrMalformed, "longer than 4096"},
		{"another version", nil, opts(nil), altered(0, func(byte) byte { return 0x21 }), cookiesession.ErrUnreadable, "version"},
		{"another protection", nil, opts(nil), altered(0, func(byte) byte { return 0x13 }), cookiesession.ErrUnreadable, "protection"},
		{"relabelled as encrypted", nil, opts(nil), cookieRelabelled(t, good), cookiesession.ErrForged, "does not match"},
		{"another key's ID", nil, opts(nil), altered(1, func(b byte) byte { return b ^ 1 }), cookiesession.ErrUnreadable, "not in the ring"},
		{"body", nil, opts(nil), altered(10, func(b byte) byte { return b ^ 1 }), cookiesession.ErrForged, "does not match"},
		{"another name", nil, opts(func(o *cookiesession.Options) { o.Name = "other" }), good, cookiesession.ErrForged, "name or realm"},
		{"another realm", nil, opts(func(o *cookiesession.Options) { o.Realm = "staging" }), good, cookiesession.ErrForged, "name or realm"},
		{"unknown key", ringOf(t, keys.Entry{Key: k2}), opts(nil), good, cookiesession.ErrUnreadable, k1.ID().String()},
		{"revoked key", ringOf(t, keys.Entry{Key: k1, Revoked: true}, keys.Entry{Key: k2}), opts(nil), good, cookiesession.ErrRevoked, k1.ID().String()},
		{"before not-before", notBefore, opts(func(o *cookiesession.Options) { o.Now = (&clock{noon.Add(time.Minute)}).Now }), good, cookiesession.ErrRevoked, "not-before"},
		{"expired", nil, opts(func(o *cookiesession.Options) { o.Now = (&clock{noon.Add(14 * 24 * time.Hour)}).Now }), good, cookiesession.ErrExpired, "lifetime"},
		{"from the future", nil, opts(func(o *cookiesession.Options) { o.Now = (&clock{noon.Add(-keys.Skew - time.Second)}).Now }), good, cookiesession.ErrUnreadable, "clocks"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ring := tc.ring
			if ring == nil {
				ring = ringOf(t, keys.Entry{Key: k1})
			}
			c := codecWith(t, ring, tc.opts)
			s, err := c.Decode(context.Background(), tc.value)
			assert.Nil(t, s)
			require.ErrorIs(t, err, tc.want)
			assert.ErrorIs(t, err, cookiesession.ErrInvalid)
			assert.ErrorContains(t, err, tc.says)
			for _, other := range []error{cookiesession.ErrMalformed, cookiesession.ErrForged, cookiesession.ErrExpired,
				cookiesession.ErrRevoked, cookiesession.ErrUnreadable, cookiesession.ErrAmbiguous} {
				if other != tc.want {
					assert.NotErrorIs(t, err, other)
				}
			}
		})
	}

	t.Run("within the skew and at not-before", func(t *testing.T) {
		c := newCodec(t, opts(func(o *cookiesession.Options) { o.Now = (&clock{noon.Add(-keys.Skew)}).Now }))
		_, err := c.Decode(context.Background(), good)
		assert.NoError(t, err)
		ring, err := keys.NewRing(noon, keys.Entry{Key: k1})
		require.NoError(t, err)
		_, err = codecWith(t, ring, opts(nil)).Decode(context.Background(), good)
		assert.NoError(t, err, "created at the instant is not before it")
	})
}

// cookieRelabelled makes a signed cookie say that it is encrypted, long enough
// to be one.
func cookieRelabelled(t *testing.T, value string) string {
	raw, err := base64.RawURLEncoding.DecodeString(value)
	require.NoError(t, err)
	raw[0] = 0x12
	return base64.RawURLEncoding.EncodeToString(append(raw, make([]byte, 64)...))
}

func TestRealmAndNameCannotBeShiftedIntoEachOther(t *testing.T) {
	a := newCodec(t, cookiesession.Options{Realm: "ab", Name: "c"})
	b := newCodec(t, cookiesession.Options{Realm: "a", Name: "bc"})
	_, err := b.Decode(context.Background(), cookieOf(t, a, "k", 1))
	assert.ErrorIs(t, err, cookiesession.ErrForged)
}

func TestSeveralCandidates(t *testing.T) {
	k := newClock()
	c := newCodec(t, cookiesession.Options{Now: k.Now})
	s := begin(c)
	s.Set("n", 1)
	first := seal(t, c, s)
	k.add(time.Minute)
	s = present(c, first)
	s.Set("n", 2)
	second := seal(t, c, s)
	other := cookieOf(t, c, "n", 3)
	junk := make([]string, 17)
	for i := range junk {
		junk[i] = fmt.Sprintf("junk%d", i)
	}

	for _, tc := range []struct {
		name     string
		values   []string
		want     any
		rejected []error
	}{
		{"none", nil, nil, nil},
		{"one", []string{first}, int64(1), nil},
		{"copies, later second", []string{first, second}, int64(2), nil},
		{"copies, later first", []string{second, first}, int64(2), nil},
		{"the same twice", []string{first, first}, int64(1), nil},
		{"junk before", []string{"%junk", first}, int64(1), []error{cookiesession.ErrMalformed}},
		{"two sessions", []string{first, other}, nil, []error{cookiesession.ErrAmbiguous}},
		{"two sessions among copies", []string{first, other, second}, nil, []error{cookiesession.ErrAmbiguous}},
		{"the sixteenth", append(slices.Clone(junk[:15]), first), int64(1), slices.Repeat([]error{cookiesession.ErrMalformed}, 15)},
		{"beyond the bound", append(slices.Clone(junk[:16]), first), nil,
			append(slices.Repeat([]error{cookiesession.ErrMalformed}, 16), cookiesession.ErrAmbiguous)},
		{"planted copies beyond the bound", append(slices.Repeat([]string{other}, 16), first), nil, []error{cookiesession.ErrAmbiguous}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := present(c, tc.values...)
			assert.Empty(t, s.Rejected(), "nothing is opened before the first look")
			assert.Equal(t, tc.want, s.Get("n"))
			rejected := s.Rejected()
			require.Len(t, rejected, len(tc.rejected))
			for i, want := range tc.rejected {
				assert.ErrorIs(t, rejected[i], want)
			}
		})
	}
}

func TestSealDecides(t *testing.T) {
	const idle = time.Hour
	k := newClock()
	c := newCodec(t, cookiesession.Options{Now: k.Now, Idle: idle})
	good := cookieOf(t, c, "k", "v")
	unreadable := cookieOf(t, codecWith(t, ringOf(t, keys.Entry{Key: testKey(t, "2")}), cookiesession.Options{Now: k.Now}), "k", "v")

	for _, tc := range []struct {
		name   string
		cookie string
		after  time.Duration
		do     func(*cookiesession.Session)
		want   cookiesession.Action
	}{
		{"untouched", good, 0, func(*cookiesession.Session) {}, cookiesession.KeepCookie},
		{"untouched, past half of idle", good, 31 * time.Minute, func(*cookiesession.Session) {}, cookiesession.KeepCookie},
		{"read", good, 0, func(s *cookiesession.Session) { s.Get("k") }, cookiesession.KeepCookie},
		{"read at half of idle", good, 30 * time.Minute, func(s *cookiesession.Session) { s.Get("k") }, cookiesession.KeepCookie},
		{"read past half of idle", good, 31 * time.Minute, func(s *cookiesession.Session) { s.Get("k") }, cookiesession.SetCookie},
		{"read past idle", good, 61 * time.Minute, func(s *cookiesession.Session) { s.Get("k") }, cookiesession.KeepCookie},
		{"changed", good, 0, func(s *cookiesession.Session) { s.Set("k", 2) }, cookiesession.SetCookie},
		{"set to the same", good, 0, func(s *cookiesession.Session) { s.Set("k", "v") }, cookiesession.SetCookie},
		{"deleted what is not there", good, 0, func(s *cookiesession.Session) { s.Delete("x") }, cookiesession.KeepCookie},
		{"popped what is not there", good, 0, func(s *cookiesession.Session) { s.Pop("x") }, cookiesession.KeepCookie},
		{"default of what is there", good, 0, func(s *cookiesession.Session) { s.SetDefault("k", 2) }, cookiesession.KeepCookie},
		{"emptied", good, 0, func(s *cookiesession.Session) { s.Delete("k") }, cookiesession.DeleteCookie},
		{"cleared", good, 0, (*cookiesession.Session).Clear, cookiesession.DeleteCookie},
		{"flushed", good, 0, (*cookiesession.Session).Flush, cookiesession.DeleteCookie},
		{"flushed and begun again", good, 0, func(s *cookiesession.Session) { s.Flush(); s.Set("k", 1) }, cookiesession.SetCookie},
		{"renewed", good, 0, (*cookiesession.Session).Renew, cookiesession.SetCookie},
		{"expiry set", good, 0, func(s *cookiesession.Session) { s.ExpireAfter(time.Minute) }, cookiesession.SetCookie},
		{"ends under a second", good, 0, func(s *cookiesession.Session) { s.ExpireAfter(999 * time.Millisecond) }, cookiesession.DeleteCookie},
		{"ends in the past", good, 0, func(s *cookiesession.Session) { s.ExpireAt(noon.Add(-time.Hour)) }, cookiesession.DeleteCookie},
		{"none, read", "", 0, func(s *cookiesession.Session) { s.Get("k") }, cookiesession.KeepCookie},
		{"none, flushed", "", 0, (*cookiesession.Session).Flush, cookiesession.KeepCookie},
		{"none, set and deleted", "", 0, func(s *cookiesession.Session) { s.Set("k", 1); s.Delete("k") }, cookiesession.KeepCookie},
		{"none, renewed but empty", "", 0, (*cookiesession.Session).Renew, cookiesession.KeepCookie},
		{"none, set, ends at once", "", 0, func(s *cookiesession.Session) { s.Set("k", 1); s.ExpireAfter(0) }, cookiesession.KeepCookie},
		{"junk, read", "%junk", 0, func(s *cookiesession.Session) { s.Get("k") }, cookiesession.KeepCookie},
		{"junk, flushed", "%junk", 0, (*cookiesession.Session).Flush, cookiesession.DeleteCookie},
		{"junk, set", "%junk", 0, func(s *cookiesession.Session) { s.Set("k", 1) }, cookiesession.SetCookie},
		{"unreadable, read", unreadable, 0, func(s *cookiesession.Session) { s.Get("k") }, cookiesession.KeepCookie},
		{"unreadable, flushed", unreadable, 0, (*cookiesession.Session).Flush, cookiesession.KeepCookie},
		{"unreadable and junk, flushed", unreadable, 0, func(s *cookiesession.Session) { s.Flush() }, cookiesession.KeepCookie},
		{"unreadable, set", unreadable, 0, func(s *cookiesession.Session) { s.Set("k", 1) }, cookiesession.SetCookie},
	} {
		t.Run(tc.name, func(t *testing.T) {
			k.t = noon.Add(tc.after)
			s := begin(c)
			if tc.cookie != "" {
				s = present(c, tc.cookie)
			}
			tc.do(s)
			sealed, err := c.Seal(s)
			require.NoError(t, err)
			assert.Equal(t, tc.want, sealed.Action)
			assert.Equal(t, tc.want == cookiesession.SetCookie, sealed.Value != "")
			again, err := c.Seal(s)
			require.NoError(t, err)
			assert.Equal(t, cookiesession.KeepCookie, again.Action, "what was sealed counts as saved")
			assert.False(t, s.Modified())
		})
	}
}

func TestRotationMovesASessionAtItsNextWrite(t *testing.T) {
	k := newClock()
	old, next := testKey(t, "old"), testKey(t, "next")
	ring := ringOf(t, keys.Entry{Key: old}, keys.Entry{Key: next, From: noon.Add(time.Hour)})
	c := codecWith(t, ring, cookiesession.Options{Now: k.Now})
	s := begin(c)
	s.Set("k", 1)
	created := s.Created()
	cookie := seal(t, c, s)

	k.add(time.Hour)
	s = present(c, cookie)
	assert.EqualValues(t, 1, s.GetInt("k"), "the old key goes on verifying")
	sealed, err := c.Seal(s)
	require.NoError(t, err)
	assert.Equal(t, cookiesession.KeepCookie, sealed.Action, "no cookie is sealed again for a rotation")

	s.Set("k", 2)
	s = present(c, seal(t, c, s))
	id, _ := s.KeyID()
	assert.Equal(t, next.ID(), id)
	assert.Equal(t, created, s.Created())
}

func TestASignerThatWentAwayFailsTheSaveLoudly(t *testing.T) {
	k1 := testKey(t, "1")
	var ring swappable
	ring.set(ringOf(t, keys.Entry{Key: k1}))
	c := codecWith(t, &ring, cookiesession.Options{})
	s := begin(c)
	s.Set("k", 1)
	ring.set(ringOf(t, keys.Entry{Key: k1, Revoked: true}))
	_, err := c.Seal(s)
	require.ErrorIs(t, err, keys.ErrNoSigner)
	assert.True(t, s.Modified(), "nothing was saved")
}

type swappable struct{ ring *keys.Ring }

func (r *swappable) Ring() *keys.Ring    { return r.ring }
func (r *swappable) set(ring *keys.Ring) { r.ring = ring }

func TestProtectionIsNeverLoweredInSilence(t *testing.T) {
	encrypted := newCodec(t, cookiesession.Options{Protection: cookiesession.Encrypted})
	signed := newCodec(t, cookiesession.Options{})
	lowering := newCodec(t, cookiesession.Options{InsecureAllowDowngrade: true})
	secret := cookieOf(t, encrypted, "secret", "hunter2 hunter2")
	first := func(value string) byte {
		raw, err := base64.RawURLEncoding.DecodeString(value)
		require.NoError(t, err)
		return raw[0]
	}
	change := func(c *cookiesession.Codec, value string, do func(*cookiesession.Session)) string {
		s := present(c, value)
		require.Equal(t, "hunter2 hunter2", s.Get("secret"))
		do(s)
		return seal(t, c, s)
	}
	set := func(s *cookiesession.Session) { s.Set("n", 1) }

	assert.EqualValues(t, 0x12, first(change(signed, secret, set)), "stays encrypted")
	assert.EqualValues(t, 0x12, first(change(signed, secret, (*cookiesession.Session).Renew)))
	assert.EqualValues(t, 0x12, first(change(signed, secret, func(s *cookiesession.Session) { s.Clear(); set(s) })))
	assert.EqualValues(t, 0x11, first(change(signed, secret, func(s *cookiesession.Session) { s.Flush(); set(s) })),
		"nothing of the encrypted session is left")
	assert.EqualValues(t, 0x11, first(change(lowering, secret, set)), "as was asked for")
	plain := cookieOf(t, signed, "secret", "hunter2 hunter2")
	assert.EqualValues(t, 0x12, first(change(encrypted, plain, set)), "raised at the next write")

	s := present(signed, secret)
	set(s)
	twice := seal(t, signed, s)
	set(s)
	again := seal(t, signed, s)
	assert.EqualValues(t, 0x12, first(twice))
	assert.EqualValues(t, 0x12, first(again), "also when sealed twice in a request")
}

func TestEncodeLeavesTheSessionAsItIs(t *testing.T) {
	c := newCodec(t, cookiesession.Options{})
	s := begin(c)
	value, err := c.Encode(s)
	require.NoError(t, err)
	assert.Empty(t, value)
	s.Set("k", "v")
	value, err = c.Encode(s)
	require.NoError(t, err)
	assert.True(t, s.Modified())
	_, ok := s.KeyID()
	assert.False(t, ok)
	again, err := c.Decode(context.Background(), value)
	require.NoError(t, err)
	assert.Equal(t, "v", again.Get("k"))
	s.Set("bad", "\xff")
	_, err = c.Encode(s)
	assert.ErrorContains(t, err, `set "bad"`)
}

func TestTooLargeIsRefusedWithNumbers(t *testing.T) {
	for _, p := range protections {
		t.Run(p.name, func(t *testing.T) {
			c := newCodec(t, cookiesession.Options{Protection: p.p})
			s := begin(c)
			s.Set("small", 1)
			s.Set("large", noise(9000))
			s.Set("middle", noise(300))
			_, err := c.Seal(s)
			var tooLarge *cookiesession.TooLargeError
			require.ErrorAs(t, err, &tooLarge)
			assert.Equal(t, 4093, tooLarge.Limit)
			assert.Greater(t, tooLarge.Total, 10000)
			require.Len(t, tooLarge.Values, 3)
			assert.Equal(t, []string{"large", "middle", "small"}, keysOf(tooLarge.Values))
			assert.Equal(t, tooLarge.Total, tooLarge.Overhead+sum(tooLarge.Values))
			assert.ErrorContains(t, err, fmt.Sprintf("%d bytes of 4093", tooLarge.Total))
			assert.ErrorContains(t, err, `"large"`)
			assert.True(t, s.Modified(), "nothing was saved")

			s.Delete("large")
			seal(t, c, s)
		})
	}
}

func TestTheLimitIsExact(t *testing.T) {
	for _, p := range protections {
		c := newCodec(t, cookiesession.Options{Protection: p.p, WarnSize: -1})
		largest := 0
		for n := 2900; n < 3100; n++ {
			s := begin(c)
			s.Set("k", noise(n))
			sealed, err := c.Seal(s)
			size := len(c.Name()) + len(sealed.Value)
			if err == nil {
				require.LessOrEqual(t, size, 4093)
				require.Equal(t, s.Size().Total, size)
				largest = max(largest, size)
			} else {
				require.Greater(t, s.Size().Total, 4093)
			}
		}
		assert.Greater(t, largest, 4093-4, p.name)
	}
}

func TestWarningBeforeTheLimit(t *testing.T) {
	c := newCodec(t, cookiesession.Options{})
	s := begin(c)
	s.Set("a", noise(2500))
	sealed, err := c.Seal(s)
	require.NoError(t, err)
	assert.Nil(t, sealed.Warning)
	s.Set("b", noise(200))
	sealed, err = c.Seal(s)
	require.NoError(t, err)
	require.NotNil(t, sealed.Warning)
	assert.Equal(t, len(c.Name())+len(sealed.Value), sealed.Warning.Total)
	assert.Equal(t, []string{"a", "b"}, keysOf(sealed.Warning.Values))
}

// The limit before compression binds writer and reader alike, however well a
// session compresses.
func TestUnpackedLimit(t *testing.T) {
	for _, p := range protections {
		t.Run(p.name, func(t *testing.T) {
			c := newCodec(t, cookiesession.Options{Protection: p.p})
			s := begin(c)
			s.Set("a", strings.Repeat("a", 40000))
			s = reopen(t, c, s)
			s.Set("b", strings.Repeat("b", 25000))
			s = reopen(t, c, s)
			assert.Len(t, s.Get("a"), 40000)
			assert.Len(t, s.Get("b"), 25000)
			s = reopen2(t, c, s)
			s.Set("c", strings.Repeat("c", 1000))
			_, err := c.Seal(s)
			var tooLarge *cookiesession.TooLargeError
			require.ErrorAs(t, err, &tooLarge)
			assert.True(t, tooLarge.Unpacked)
			assert.Equal(t, 65536, tooLarge.Limit)
			assert.ErrorContains(t, err, "before compression")

			s = begin(c)
			s.Set("a", strings.Repeat("a", 65537))
			_, err = c.Seal(s)
			assert.ErrorContains(t, err, `"a"`)
			assert.ErrorContains(t, err, "65536")
		})
	}
}

// reopen2 opens the session once more, unread.
func reopen2(t *testing.T, c *cookiesession.Codec, s *cookiesession.Session) *cookiesession.Session {
	value, err := c.Encode(s)
	require.NoError(t, err)
	return present(c, value)
}

// noise is text that neither packs nor deflates to less than n bytes much.
func noise(n int) string {
	var b strings.Builder
	state := uint64(n)*2862933555777941757 + 3037000493
	for b.Len() < n {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		b.WriteByte(byte(0x21 + state>>33%94))
	}
	return b.String()
}

func keysOf(values []cookiesession.ValueSize) []string {
	var keys []string
	for _, v := range values {
		keys = append(keys, v.Key)
	}
	return keys
}

func sum(values []cookiesession.ValueSize) int {
	n := 0
	for _, v := range values {
		n += v.Bytes
	}
	return n
}
