package cookiesession_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
)

// nullable has a text form that says less than its JSON form.
type nullable struct {
	S     string
	Valid bool
}

func (n nullable) MarshalText() ([]byte, error) {
	if !n.Valid {
		return nil, nil
	}
	return []byte("=" + n.S), nil
}

func (n *nullable) UnmarshalText(b []byte) error {
	s, ok := strings.CutPrefix(string(b), "=")
	*n = nullable{s, ok}
	return nil
}

func (n nullable) MarshalJSON() ([]byte, error) {
	if !n.Valid {
		return []byte("null"), nil
	}
	return json.Marshal(n.S)
}

func (n *nullable) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = nullable{}
		return nil
	}
	n.Valid = true
	return json.Unmarshal(b, &n.S)
}

// amount has all three forms, as decimal types have.
type amount struct{ cents int }

func (a amount) MarshalBinary() ([]byte, error)  { return []byte{byte(a.cents)}, nil }
func (a *amount) UnmarshalBinary(b []byte) error { a.cents = int(b[0]); return nil }
func (a amount) MarshalText() ([]byte, error)    { return fmt.Append(nil, a.cents), nil }
func (a *amount) UnmarshalText(b []byte) error   { _, err := fmt.Sscan(string(b), &a.cents); return err }
func (a amount) MarshalJSON() ([]byte, error)    { return fmt.Append(nil, a.cents), nil }
func (a *amount) UnmarshalJSON(b []byte) error   { return a.UnmarshalText(b) }

// A type with several forms is read by the one that it was written in.
func TestTypesWithSeveralForms(t *testing.T) {
	type account struct {
		Nick, Name nullable
		Balance    *amount
		Limits     []amount
		Level      slog.Level
	}
	c := newCodec(t, cookiesession.Options{})
	in := account{Name: nullable{"", true}, Balance: &amount{7}, Limits: []amount{{1}, {2}}, Level: slog.LevelWarn}
	s := begin(c)
	s.Set("k", in)
	s.Set("amount", amount{9})
	s.Set("amounts", map[string]any{"a": amount{9}})
	require.NoError(t, s.Err())
	s = reopen(t, c, s)
	got, err := cookiesession.Get[account](s, "k")
	require.NoError(t, err)
	assert.Equal(t, in, got)
	one, err := cookiesession.Get[amount](s, "amount")
	require.NoError(t, err)
	assert.Equal(t, amount{9}, one)
	many, err := cookiesession.Get[map[string]amount](s, "amounts")
	require.NoError(t, err)
	assert.Equal(t, map[string]amount{"a": {9}}, many)

	s.Set("mixed", struct {
		A amount
		P point
	}{})
	assert.ErrorContains(t, s.Err(), "MarshalCBOR", "no decoder does right by both")
}

type embedded struct{ A int }

func TestStructsThatEmbed(t *testing.T) {
	c := newCodec(t, cookiesession.Options{})
	type good struct {
		embedded
		sync.Mutex `json:"-"`
		B          int
	}
	s := begin(c)
	s.Set("k", &good{embedded: embedded{1}, B: 2})
	require.NoError(t, s.Err())
	got, err := cookiesession.Get[*good](reopen(t, c, s), "k")
	require.NoError(t, err)
	assert.Equal(t, 1, got.A)
	assert.Equal(t, 2, got.B)

	type locked struct {
		sync.Mutex
		B int
	}
	s.Set("k", &locked{B: 2})
	require.NoError(t, s.Err(), "as encoding/json has it: of the mutex there is nothing to keep")

	s.Set("k", struct {
		*embedded
		B int
	}{&embedded{1}, 2})
	assert.ErrorContains(t, s.Err(), "embeds a pointer")
}

func TestMapsWhoseKeysAreNoScalars(t *testing.T) {
	c := newCodec(t, cookiesession.Options{})
	for _, v := range []any{
		map[[2]int]int{{1, 2}: 3},
		map[embedded]int{{1}: 2},
		map[any]int{[2]int{1, 2}: 3},
	} {
		s := begin(c)
		s.Set("k", v)
		assert.ErrorContains(t, s.Err(), "could not be read back", "%T", v)
	}
	s := begin(c)
	s.Set("k", map[float64]string{math.NaN(): "x"})
	s.Set("level", map[level]int{"a": 1})
	require.NoError(t, s.Err())
	assert.Len(t, s.Get("k"), 1)
	assert.Equal(t, map[string]any{"<a>": int64(1)}, s.Get("level"))
}

// In an any, a map is a map[string]any whatever stands beside it.
func TestMapsInsideOfTypes(t *testing.T) {
	type value struct {
		Any  any
		List []any
		Map  map[string]any
		Ptr  *any
		Keys map[int]any
	}
	text := map[string]any{"x": int64(1)}
	var inner any = text
	in := value{Any: text, List: []any{text, map[any]any{int64(1): text}}, Map: map[string]any{"t": text}, Ptr: &inner, Keys: map[int]any{1: text}}
	c := newCodec(t, cookiesession.Options{})
	s := begin(c)
	s.Set("k", in)
	got, err := cookiesession.Get[value](reopen(t, c, s), "k")
	require.NoError(t, err)
	assert.Equal(t, in, got)
}

// A number with more digits than any cookie holds costs nothing.
func TestNumbersWithoutEnd(t *testing.T) {
	c := newCodec(t, cookiesession.Options{})
	s := begin(c)
	s.Set("n", []any{json.Number(strings.Repeat("7", 10_000_000))})
	assert.ErrorContains(t, s.Err(), "10000000 characters")
	s.Set("n", json.RawMessage(strings.Repeat("7", 10_000)))
	assert.ErrorContains(t, s.Err(), "10000 characters")
	s.Set("n", json.Number(strings.Repeat("7", 4000)))
	assert.NoError(t, s.Err())
}

// nosy is a value whose marshaler uses the session that it goes into.
type nosy struct{ s *cookiesession.Session }

func (n nosy) MarshalText() ([]byte, error) {
	n.s.Set("seen", n.s.GetInt("seen")+1)
	return []byte(n.s.String()), nil
}

type panicking struct{}

func (panicking) MarshalText() ([]byte, error) { panic("on purpose") }

func TestMarshalersMayUseTheSession(t *testing.T) {
	s := begin(newCodec(t, cookiesession.Options{}))
	s.Set("a", nosy{s})
	s.SetDefault("b", nosy{s})
	s.SetAll(map[string]any{"c": nosy{s}})
	require.NoError(t, cookiesession.Field[any]("d").Update(s, func(v *any) error { *v = nosy{s}; return nil }))
	assert.Equal(t, 4, s.GetInt("seen"))

	for _, do := range []func(){
		func() { s.Set("p", panicking{}) },
		func() { s.SetDefault("p", panicking{}) },
		func() { s.SetAll(map[string]any{"p": panicking{}}) },
	} {
		assert.Panics(t, do)
		assert.False(t, s.Has("p"), "the lock is free")
	}
}

func TestUpdateThatSetsItsOwnKey(t *testing.T) {
	s := begin(newCodec(t, cookiesession.Options{}))
	n := cookiesession.Field[int]("n")
	err := n.Update(s, func(v *int) error { n.Set(s, *v+1); return nil })
	assert.ErrorContains(t, err, "does the function itself set it")

	s = begin(newCodec(t, cookiesession.Options{}))
	s.Set("f", 1)
	require.Error(t, cookiesession.Field[any]("f").Update(s, func(v *any) error { *v = func() {}; return nil }))
	assert.NoError(t, s.Err(), "the caller knows; saving goes on")
	assert.Equal(t, 1, s.GetInt("f"))
}

func TestPopTakesBackARefusedSet(t *testing.T) {
	c := newCodec(t, cookiesession.Options{})
	s := begin(c)
	s.Set("good", 1)
	s.Set("bad", func() {})
	assert.Nil(t, s.Pop("bad"))
	assert.NoError(t, s.Err())
	seal(t, c, s)
}

func TestTypedGettersWithASerializer(t *testing.T) {
	for _, c := range []*cookiesession.Codec{
		newCodec(t, cookiesession.Options{Serializer: securecookie.JSONEncoder{}}),
		newCodec(t, cookiesession.Options{Serializer: securecookie.GobEncoder{}}),
	} {
		s := begin(c)
		s.SetAll(map[string]any{"i": 7, "s": "text", "b": true})
		s.SetTestCookie()
		s.AddFlash("info", "hello")
		s = reopen(t, c, s)
		assert.Equal(t, 7, s.GetInt("i"))
		assert.Equal(t, "text", s.GetString("s"))
		assert.True(t, s.GetBool("b"))
		assert.True(t, s.TestCookieWorked())
		assert.Zero(t, s.GetInt("absent"))
		assert.NoError(t, s.Err())
		require.Len(t, s.Flashes(), 1, "flashes are ours, whatever the serializer")
	}
	c := newCodec(t, cookiesession.Options{Serializer: securecookie.NopEncoder{}})
	s := begin(c)
	s.Set("k", []byte("hello"))
	b, err := cookiesession.Get[[]byte](s, "k")
	require.NoError(t, err)
	b[0] = 'X'
	b, err = cookiesession.Get[[]byte](s, "k")
	require.NoError(t, err)
	assert.Equal(t, "hello", string(b), "what Get returns is the caller's own")
}

// A session that has grown too large can still be read, and made smaller.
func TestAnOverfullSessionIsReadable(t *testing.T) {
	c := newCodec(t, cookiesession.Options{})
	s := begin(c)
	s.Set("user", "u")
	s = reopen(t, c, s)
	s.Set("a", strings.Repeat("a", 40000))
	s.Set("b", strings.Repeat("b", 40000))
	assert.Equal(t, "u", s.GetString("user"))
	_, err := c.Seal(s)
	require.Error(t, err)
	s.Delete("a")
	seal(t, c, s)
}

func TestSealedDoesNotPrintTheCookie(t *testing.T) {
	c := newCodec(t, cookiesession.Options{})
	s := begin(c)
	s.Set("k", 1)
	sealed, err := c.Seal(s)
	require.NoError(t, err)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "sealed", sealed)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		fmt.Fprintf(&log, verb, sealed)
	}
	assert.NotContains(t, log.String(), sealed.Value)
	assert.Contains(t, log.String(), "characters for 336h0m0s")
	assert.Contains(t, fmt.Sprint(cookiesession.Sealed{Action: cookiesession.DeleteCookie}, cookiesession.Sealed{}), "delete")
}

func TestFallback(t *testing.T) {
	c := newCodec(t, cookiesession.Options{})
	good := cookieOf(t, c, "k", 1)
	s := present(c, good)
	s.Flush()
	s.Set("bad", func() {})
	sealed, err := c.Seal(s)
	require.Error(t, err)
	assert.Equal(t, cookiesession.DeleteCookie, sealed.Fallback)
	s.Delete("bad")
	s.Set("k", 2)
	sealed, err = c.Seal(s)
	require.NoError(t, err)
	assert.Equal(t, cookiesession.SetCookie, sealed.Action)
	assert.Equal(t, cookiesession.DeleteCookie, sealed.Fallback)
	s.Set("k", 3)
	sealed, err = c.Seal(s)
	require.NoError(t, err)
	assert.Equal(t, cookiesession.KeepCookie, sealed.Fallback, "the flushed one is gone")

	s = begin(c)
	s.Flush()
	s.Set("k", 1)
	sealed, err = c.Seal(s)
	require.NoError(t, err)
	assert.Equal(t, cookiesession.KeepCookie, sealed.Fallback, "the client had none")
}

func TestKeysThatNoCookieHolds(t *testing.T) {
	c := newCodec(t, cookiesession.Options{})
	s := begin(c)
	s.Set(strings.Repeat("\x01", 900_000), 1)
	assert.ErrorContains(t, s.Err(), "900000 bytes")
	assert.Less(t, len(s.Err().Error()), 200)
	s = begin(c)
	s.Set(noise(4000), noise(1000))
	_, err := c.Seal(s)
	var tooLarge *cookiesession.TooLargeError
	require.True(t, errors.As(err, &tooLarge))
	assert.Less(t, len(err.Error()), 400)
}

func TestLifetimesWithoutMeasure(t *testing.T) {
	k := newClock()
	c := newCodec(t, cookiesession.Options{Lifetime: math.MaxInt64, Now: k.Now})
	s := begin(c)
	s.Set("k", 1)
	sealed, err := c.Seal(s)
	require.NoError(t, err)
	assert.Greater(t, sealed.MaxAge, 200*365*24*time.Hour)
}
