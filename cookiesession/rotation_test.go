package cookiesession_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/keys/keystest"
)

// An instance is one of a fleet: a source of its own, followed by a codec.
type instance struct {
	src   *keystest.Source
	watch *keys.Watcher
	codec *cookiesession.Codec
}

func newInstance(t *testing.T, ring *keys.Ring, opts cookiesession.Options) instance {
	t.Helper()
	src := keystest.NewSource(ring)
	watch, err := keys.NewWatcher(t.Context(), src, keys.WatcherOptions{})
	require.NoError(t, err)
	codec, err := cookiesession.NewCodec(watch, opts)
	require.NoError(t, err)
	return instance{src, watch, codec}
}

// open opens cookies as a request does.
func (i instance) open(ctx context.Context, values ...string) *cookiesession.Session {
	s := i.codec.Open(ctx, slices.Values(values))
	s.Len()
	return s
}

// bears is the key that a cookie says it bears.
func bears(t *testing.T, value string) keys.ID {
	t.Helper()
	h, err := cookiesession.ParseHeader(value)
	require.NoError(t, err)
	return h.KeyID
}

func TestUnknownKeyIsLookedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, both := keystest.Ring(t, "old"), keystest.Ring(t, "old", "new 2000-01-01T00:00:00Z")
		a, b := newInstance(t, both, cookiesession.Options{}), newInstance(t, old, cookiesession.Options{})
		s := a.codec.New(t.Context())
		s.Set("n", 1)
		value := seal(t, a.codec, s)
		require.Equal(t, keystest.Key("new").ID(), bears(t, value))

		// The file was written, and b has not loaded it yet.
		b.src.Set(both)
		opened := b.open(t.Context(), "garbage", value)
		assert.Equal(t, s.ID(), opened.ID())
		require.Len(t, opened.Rejected(), 1, "the other reasons are told once")
		assert.ErrorIs(t, opened.Rejected()[0], cookiesession.ErrMalformed)
		assert.Equal(t, 2, b.src.Loads())
		assert.Equal(t, uint64(1), b.watch.Sightings()[1].Count)
		assert.Zero(t, b.watch.Sightings()[0].Count)

		// A source that does not answer holds a request up once, however many unknown keys it names.
		c := newInstance(t, old, cookiesession.Options{})
		c.src.Hang(time.Minute)
		began := time.Now()
		opened = c.open(t.Context(), forged(1), value, forged(2), forged(3))
		assert.Equal(t, 2*time.Second, time.Since(began))
		assert.Empty(t, opened.ID())
		assert.Len(t, opened.Rejected(), 4)
		for _, err := range opened.Rejected() {
			assert.ErrorIs(t, err, cookiesession.ErrUnreadable)
		}
		sealed, err := c.codec.Seal(opened)
		require.NoError(t, err)
		assert.Equal(t, cookiesession.KeepCookie, sealed.Action, "what another instance may read is not deleted")
		time.Sleep(time.Minute)

		// A plain ring has nothing to look into.
		plain, err := cookiesession.NewCodec(old, cookiesession.Options{})
		require.NoError(t, err)
		_, err = plain.Decode(t.Context(), value)
		assert.ErrorIs(t, err, cookiesession.ErrUnreadable)
		assert.ErrorContains(t, err, "its key "+keystest.Key("new").ID().String()+" is not in the ring")
	})
}

// forged is a cookie value under a key that nobody has.
func forged(n uint32) string {
	raw := append([]byte{0x11}, binary.BigEndian.AppendUint32(nil, 0x80000000+n)...)
	return base64.RawURLEncoding.EncodeToString(append(raw, make([]byte, 64)...))
}

// 100,000 forged cookies, and a key that is added meanwhile.
func TestForgedKeyIDsMakeNoLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newInstance(t, keystest.Ring(t, "old"), cookiesession.Options{})
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go i.watch.Run(ctx, 30*time.Second)
		began := time.Now()
		for n := range 100_000 {
			s := i.open(t.Context(), forged(uint32(n)))
			require.ErrorIs(t, s.Rejected()[0], cookiesession.ErrUnreadable)
			if n%1000 == 0 {
				time.Sleep(time.Second)
			}
			if n == 50_000 {
				i.src.Set(keystest.Ring(t, "old", "new 2000-01-01T00:01:30Z"))
			}
		}
		took := time.Since(began)
		require.Equal(t, 100*time.Second, took)
		assert.LessOrEqual(t, i.src.Loads(), 1+5+100+3, "the first, five at once, one a second, and three of Run")

		s := i.codec.New(t.Context())
		s.Set("n", 1)
		assert.Equal(t, keystest.Key("new").ID(), bears(t, seal(t, i.codec, s)), "by its schedule")
	})
}

// What the runbook says of a leak: a cookie that an attacker made under the key
// lives on under another one, so revoking is not enough; and as its date was
// the attacker's choice, the limit must lie behind the revocation.
func TestLeakedKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the clock begins on 2000-01-01 at 00:00
		server := newInstance(t, keystest.Ring(t, "leaked"), cookiesession.Options{})
		user := server.codec.New(t.Context())
		user.Set("user", "ada")
		good := seal(t, server.codec, user)

		// The attacker has the key, and a clock of their own.
		attack := func(ahead time.Duration) string {
			codec, err := cookiesession.NewCodec(keystest.Ring(t, "leaked"),
				cookiesession.Options{Now: func() time.Time { return time.Now().Add(ahead) }})
			require.NoError(t, err)
			s := codec.New(t.Context())
			s.Set("user", "root")
			return seal(t, codec, s)
		}
		touch := func(value string) string {
			s := server.open(t.Context(), value)
			require.Equal(t, "root", s.GetString("user"))
			s.Set("seen", true)
			return seal(t, server.codec, s)
		}
		refused := func(value string) error {
			s := server.open(t.Context(), value)
			if len(s.Rejected()) == 0 {
				return nil
			}
			assert.Empty(t, s.Keys())
			return s.Rejected()[0]
		}

		// A rotation goes on, and the attacker's sessions move to the new key.
		server.src.Set(keystest.Ring(t, "leaked", "new 2000-01-01T01:00:00Z"))
		require.NoError(t, server.watch.Refresh(t.Context()))
		time.Sleep(time.Hour)
		now, ahead := touch(attack(0)), touch(attack(4*time.Minute))
		require.Equal(t, keystest.Key("new").ID(), bears(t, now))

		// Revoked: what bears the key ends, and only that.
		server.src.Set(keystest.Ring(t, "leaked revoked", "new 2000-01-01T01:00:00Z"))
		require.NoError(t, server.watch.Refresh(t.Context()))
		assert.ErrorIs(t, refused(good), cookiesession.ErrRevoked)
		assert.ErrorIs(t, refused(attack(0)), cookiesession.ErrRevoked)
		assert.NoError(t, refused(now), "revoking alone is not enough")
		assert.NoError(t, refused(ahead))

		// not-before as of now ends the one, and not the one that was dated ahead.
		server.src.Set(keystest.Ring(t, "leaked revoked", "new 2000-01-01T01:00:00Z", "not-before 2000-01-01T01:00:01Z"))
		require.NoError(t, server.watch.Refresh(t.Context()))
		time.Sleep(time.Second)
		assert.ErrorIs(t, refused(now), cookiesession.ErrRevoked)
		assert.NoError(t, refused(ahead), "whoever has the key chooses the date")

		// not-before behind the revocation by the skew, two times as one instance may have let
		// pass what another's clock calls ten minutes ahead, ends both.
		server.src.Set(keystest.Ring(t, "leaked revoked", "new 2000-01-01T01:00:00Z", "not-before 2000-01-01T01:10:01Z"))
		require.NoError(t, server.watch.Refresh(t.Context()))
		time.Sleep(10*time.Minute + time.Second)
		assert.ErrorIs(t, refused(ahead), cookiesession.ErrRevoked)
		assert.ErrorIs(t, refused(now), cookiesession.ErrRevoked)

		again := server.codec.New(t.Context())
		again.Set("user", "ada")
		assert.NoError(t, refused(seal(t, server.codec, again)), "and everybody may sign in again")
	})
}

// An instance whose clock is fast, but within the skew, takes a cookie that is dated further
// ahead than another would, and seals it under the new key.
func TestLeakedKeyAndAFastClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const fast = keys.Skew - 10*time.Second
		at := func(ahead time.Duration, lines ...string) *cookiesession.Codec {
			codec, err := cookiesession.NewCodec(keystest.Ring(t, lines...),
				cookiesession.Options{Now: func() time.Time { return time.Now().Add(ahead) }})
			require.NoError(t, err)
			return codec
		}
		attacker := at(fast+keys.Skew-time.Second, "leaked")
		s := attacker.New(t.Context())
		s.Set("user", "root")
		value := seal(t, attacker, s)
		instance := at(fast, "leaked", "new 2000-01-01T00:00:00Z")
		s, err := instance.Decode(t.Context(), value)
		require.NoError(t, err)
		s.Set("seen", true)
		value = seal(t, instance, s)

		revoked := func(limit string) *cookiesession.Codec {
			return at(0, "leaked revoked", "new 2000-01-01T00:00:00Z", "not-before "+limit)
		}
		time.Sleep(15 * time.Minute)
		_, err = revoked("2000-01-01T00:05:00Z").Decode(t.Context(), value)
		assert.NoError(t, err, "one skew is not enough")
		_, err = revoked("2000-01-01T00:10:00Z").Decode(t.Context(), value)
		assert.ErrorIs(t, err, cookiesession.ErrRevoked)
	})
}

// With no signer left, reading goes on and saving fails.
func TestNoSignerLeft(t *testing.T) {
	i := newInstance(t, keystest.Ring(t, "one", "two 2020-01-01T00:00:00Z"), cookiesession.Options{})
	s := i.codec.New(t.Context())
	s.Set("n", 1)
	value := seal(t, i.codec, s)
	i.src.Set(keystest.Ring(t, "one revoked", "two 2020-01-01T00:00:00Z revoked"))
	require.Error(t, i.watch.Refresh(t.Context()))
	s = i.open(t.Context(), value)
	assert.ErrorIs(t, s.Rejected()[0], cookiesession.ErrRevoked)
	s.Set("n", 2)
	_, err := i.codec.Seal(s)
	assert.ErrorIs(t, err, keys.ErrNoSigner)

	var none *keys.Watcher
	_, err = cookiesession.NewCodec(none, cookiesession.Options{})
	assert.ErrorContains(t, err, "the key ring is nil")
	assert.False(t, errors.Is(err, cookiesession.ErrInvalid))
}
