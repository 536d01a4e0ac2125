package cookiesession_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/gorilla/securecookie"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
)

func TestDictionary(t *testing.T) {
	c := newCodec(t, cookiesession.Options{})
	s := begin(c)
	assert.True(t, s.IsEmpty())
	assert.Nil(t, s.Get("a"))
	assert.False(t, s.Modified())
	assert.True(t, s.Accessed())

	s.Set("b", 2)
	s.Set("a", "one")
	s.SetAll(map[string]any{"d": true, "c": nil})
	assert.True(t, s.Modified())
	assert.Equal(t, 4, s.Len())
	assert.Equal(t, []string{"a", "b", "c", "d"}, s.Keys())
	assert.True(t, s.Has("c"), "nil is a value")
	assert.False(t, s.Has("e"))
	var order []string
	for k, v := range s.All() {
		order = append(order, fmt.Sprintf("%s=%v", k, v))
		s.Delete("d") // the loop has its snapshot
	}
	assert.Equal(t, []string{"a=one", "b=2", "c=<nil>", "d=true"}, order)
	for range s.All() {
		break
	}

	assert.Equal(t, "one", s.SetDefault("a", "two"))
	assert.Equal(t, int64(5), s.SetDefault("e", 5))
	assert.Equal(t, int64(5), s.Pop("e"))
	assert.Nil(t, s.Pop("e"))
	s.Delete("a")
	assert.False(t, s.Has("a"))
	id := s.ID()
	s.Clear()
	assert.True(t, s.IsEmpty())
	assert.Equal(t, id, s.ID(), "the same session")
	assert.NoError(t, s.Err())
}

func TestTypedGetters(t *testing.T) {
	c := newCodec(t, cookiesession.Options{})
	s := begin(c)
	s.SetAll(map[string]any{"s": "text", "i": -3, "b": true, "f": 1.5, "huge": uint64(1 << 63)})
	assert.Equal(t, "text", s.GetString("s"))
	assert.Equal(t, -3, s.GetInt("i"))
	assert.True(t, s.GetBool("b"))
	assert.Equal(t, "", s.GetString("i"), "of another type")
	assert.Equal(t, 0, s.GetInt("f"))
	assert.Equal(t, 0, s.GetInt("huge"), "does not fit")
	assert.False(t, s.GetBool("absent"))
	assert.NoError(t, s.Err())

	n, err := cookiesession.Get[int8](s, "i")
	assert.NoError(t, err)
	assert.EqualValues(t, -3, n)
	_, err = cookiesession.Get[int](s, "absent")
	assert.ErrorIs(t, err, cookiesession.ErrAbsent)
	_, err = cookiesession.Get[[]string](s, "s")
	assert.ErrorContains(t, err, `get "s"`)
	assert.NotContains(t, err.Error(), "text\"", "no value in an error")
	assert.ErrorContains(t, s.Err(), `get "s"`, "kept")
	s.Set("s", []string{"x"})
	assert.NoError(t, s.Err(), "gone when it is set")
}

type level string

func (l level) MarshalText() ([]byte, error) { return []byte("<" + string(l) + ">"), nil }
func (l *level) UnmarshalText(b []byte) error {
	*l = level(strings.Trim(string(b), "<>"))
	return nil
}

type point struct{ x, y int }

func (p point) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "[%d,%d]", p.x, p.y), nil }
func (p *point) UnmarshalJSON(b []byte) error {
	_, err := fmt.Sscanf(string(b), "[%d,%d]", &p.x, &p.y)
	return err
}

// TestValuesComeBack holds what Get returns for what went in, after a trip
// through the client under either protection.
func TestValuesComeBack(t *testing.T) {
	huge, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	berlin := time.FixedZone("CEST", 2*60*60)
	for _, tc := range []struct {
		name     string
		in, want any
	}{
		{"text", "plain", "plain"},
		{"empty text", "", ""},
		{"unicode", "żółw 🐢 \u0000 \u2028", "żółw 🐢 \u0000 \u2028"},
		{"nil", nil, nil},
		{"true", true, true},
		{"zero", 0, int64(0)},
		{"negative", -1 << 62, int64(-1 << 62)},
		{"beyond 2^53", int64(1<<53 + 1), int64(1<<53 + 1)},
		{"beyond int64", uint64(1<<64 - 1), new(big.Int).SetUint64(1<<64 - 1)},
		{"big", huge, huge},
		{"fraction", 0.1, 0.1},
		{"whole float", 2.0, 2.0},
		{"large float", 1.7976931348623157e308, 1.7976931348623157e308},
		{"float32", float32(0.5), 0.5},
		{"bytes", []byte{0, 255}, []byte{0, 255}},
		{"list", []string{"a", "b"}, []any{"a", "b"}},
		{"empty list", []int{}, []any{}},
		{"map", map[string]any{"a": map[string]int{"b": 1}}, map[string]any{"a": map[string]any{"b": int64(1)}}},
		{"empty map", map[string]any{}, map[string]any{}},
		{"map of integers", map[int]string{1: "a", -1: "b"}, map[any]any{int64(1): "a", int64(-1): "b"}},
		{"map of integers inside", map[string]any{"m": map[int]any{1: map[string]any{"x": "y"}}},
			map[string]any{"m": map[any]any{int64(1): map[string]any{"x": "y"}}}},
		{"list of maps of integers", []any{map[int]int{1: 2}, map[string]int{"a": 1}},
			[]any{map[any]any{int64(1): int64(2)}, map[string]any{"a": int64(1)}}},
		{"struct with json tags", struct {
			A int    `json:"a"`
			B string `json:"b,omitempty"`
			C string `json:"-"`
		}{A: 1, C: "secret"}, map[string]any{"a": int64(1)}},
		{"whole instant", time.Date(2030, 1, 2, 5, 4, 5, 0, berlin), time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)},
		{"instant to the nanosecond", time.Date(2030, 1, 2, 3, 4, 5, 123456789, time.UTC), time.Date(2030, 1, 2, 3, 4, 5, 123456789, time.UTC)},
		{"instant before 1970", time.Date(1902, 1, 2, 3, 4, 5, 0, time.UTC), time.Date(1902, 1, 2, 3, 4, 5, 0, time.UTC)},
		{"zero instant", time.Time{}, nil},
		{"text that looks like an instant", "2030-01-02T03:04:05Z", "2030-01-02T03:04:05Z"},
		{"UUID", "d41cf23e-c2ae-4d7a-ae01-716d0009cb73", "d41cf23e-c2ae-4d7a-ae01-716d0009cb73"},
		{"upper case UUID", "D41CF23E-C2AE-4D7A-AE01-716D0009CB73", "D41CF23E-C2AE-4D7A-AE01-716D0009CB73"},
		{"hex", "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"},
		{"text marshaler", level("debug"), "<debug>"},
		{"JSON marshaler", point{3, -4}, []any{int64(3), int64(-4)}},
		{"binary marshaler", netip.MustParseAddr("192.0.2.1"), []byte{192, 0, 2, 1}},
		{"json.RawMessage", json.RawMessage(`{"n":9007199254740993,"f":[1.5,null]}`),
			map[string]any{"n": int64(9007199254740993), "f": []any{1.5, nil}}},
		{"json.Number", json.Number("12"), int64(12)},
		{"json.Number beyond 2^53", json.Number("9007199254740993"), int64(9007199254740993)},
		{"json.Number beyond int64", json.Number("123456789012345678901234567890"), huge},
		{"json.Number negative", json.Number("-7"), int64(-7)},
		{"json.Number fraction", json.Number("0.1"), 0.1},
		{"json.Number with exponent", json.Number("1e3"), 1000.0},
		{"json.Number empty", json.Number(""), int64(0)},
		{"json.Number nested", map[string]any{"a": []any{json.Number("1"), struct{ N json.Number }{"2.5"}}},
			map[string]any{"a": []any{int64(1), map[string]any{"N": 2.5}}}},
		{"the number tag's bytes in text", []any{json.Number("1"), []byte{0xd9, 0xff, 0xff}}, []any{int64(1), []byte{0xd9, 0xff, 0xff}}},
		{"a tag of one's own", cbor.Tag{Number: 37, Content: "x"}, cbor.Tag{Number: 37, Content: "x"}},
		{"long", strings.Repeat("abc ", 3000), strings.Repeat("abc ", 3000)},
	} {
		for _, p := range protections {
			t.Run(tc.name+"/"+p.name, func(t *testing.T) {
				c := newCodec(t, cookiesession.Options{Protection: p.p})
				s := begin(c)
				s.Set("k", tc.in)
				require.NoError(t, s.Err())
				assert.Equal(t, tc.want, s.Get("k"), "before it travelled")
				s = reopen(t, c, s)
				assert.Equal(t, tc.want, s.Get("k"))
				require.NoError(t, s.Err())
				s.Set("other", 1)
				assert.Equal(t, tc.want, reopen(t, c, s).Get("k"), "copied through a write")
			})
		}
	}
}

func TestTypesComeBack(t *testing.T) {
	type inner struct {
		Level level
		At    time.Time
	}
	type value struct {
		Inner  *inner
		Point  point
		Addr   netip.Addr
		Big    *big.Int
		Map    map[int][]string
		Bytes  []byte
		hidden int
	}
	in := value{
		Inner: &inner{"info", time.Date(2030, 1, 2, 3, 4, 5, 6, time.UTC)},
		Point: point{1, 2}, Addr: netip.MustParseAddr("2001:db8::1"), Big: big.NewInt(-5),
		Map: map[int][]string{1: {"a"}}, Bytes: []byte("b"), hidden: 1,
	}
	c := newCodec(t, cookiesession.Options{})
	s := begin(c)
	s.Set("k", in)
	require.NoError(t, s.Err())
	got, err := cookiesession.Get[value](reopen(t, c, s), "k")
	require.NoError(t, err)
	in.hidden = 0
	assert.Equal(t, in, got)

	s.Set("whole", inner{At: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)})
	whole, err := cookiesession.Get[inner](reopen(t, c, s), "whole")
	require.NoError(t, err)
	assert.Equal(t, time.UTC, whole.At.Location(), "UTC in fields too")

	anyKeys, err := cookiesession.Get[map[any]any](s, "k")
	require.NoError(t, err)
	assert.Contains(t, anyKeys, "Map")
}

type selfish struct{ Next *selfish }

// manyIntegers is a map whose every key is escaped.
func manyIntegers(n int) map[int]int {
	m := map[int]int{}
	for i := range n {
		m[i] = 0
	}
	return m
}

func TestWhatCouldNotBeReadBackIsRefused(t *testing.T) {
	loop := map[string]any{}
	loop["again"] = loop
	var list []any
	list = append(list, nil)
	list[0] = list
	ring := &selfish{}
	ring.Next = ring
	deep := any("bottom")
	for range 40 {
		deep = []any{deep}
	}
	wide := any(0)
	for range 30 {
		wide = []any{wide, wide, wide}
	}

	for _, tc := range []struct {
		name string
		v    any
		says string
	}{
		{"invalid UTF-8", "caf\xe9", "UTF-8"},
		{"invalid UTF-8 inside", map[string]any{"a": []string{"\xff"}}, "UTF-8"},
		{"too deep", deep, "deeper than 32"},
		{"a map within itself", loop, "within itself"},
		{"a list within itself", list, "within itself"},
		{"a pointer to itself", ring, "within itself"},
		{"exponential", wide, "more values"},
		{"too large", strings.Repeat("x", 1<<16+1), "65536"},
		{"too large once packed", manyIntegers(20000), "65536"},
		{"function", func() {}, "func()"},
		{"channel", make(chan int), "chan int"},
		{"channel inside", map[string]any{"c": make(chan int)}, "chan int"},
		{"nothing exported", struct{ a int }{1}, "no exported field"},
		{"nothing exported inside", []any{map[string]any{"x": struct{ a int }{1}}}, "no exported field"},
		{"nothing exported in a field", struct{ A *struct{ b int } }{}, "no exported field"},
		{"nothing encoded", struct {
			A int `json:"-"`
		}{1}, "no exported field"},
		{"duplicates", map[any]any{1: "a", int8(1): "b"}, "two keys that are the same"},
		{"indefinite", cbor.RawMessage{0x9f, 0x01, 0xff}, "cannot be converted"},
		{"no CBOR", cbor.RawMessage{0xff}, "cannot be converted"},
		{"a reserved tag", cbor.Tag{Number: 65535, Content: 1}, "reserved"},
		{"json.Number that is none", json.Number("1x"), "not a number"},
		{"json.Number that is text", json.Number(`"1"`), "not a number"},
		{"json.Number beyond float64", json.Number("1e999"), "float64"},
		{"an instant that is none", cbor.Tag{Number: 0, Content: "yesterday"}, "CBOR"},
		{"year 10000", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "cannot be converted"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newCodec(t, cookiesession.Options{})
			s := begin(c)
			s.Set("good", 1)
			cookie := seal(t, c, s)
			s = present(c, cookie)
			s.Set("bad", tc.v)
			require.ErrorContains(t, s.Err(), tc.says)
			assert.ErrorContains(t, s.Err(), `cookiesession: set "bad": `)
			assert.True(t, s.Modified())
			assert.False(t, s.Has("bad"))
			_, err := c.Seal(s)
			require.ErrorContains(t, err, tc.says, "saving fails loudly")
			s.Delete("bad")
			require.NoError(t, s.Err(), "the developer may go on without it")
			sealed, err := c.Seal(s)
			require.NoError(t, err)
			assert.Equal(t, cookiesession.SetCookie, sealed.Action)
		})
	}
	t.Run("key", func(t *testing.T) {
		s := begin(newCodec(t, cookiesession.Options{}))
		s.Set("caf\xe9", 1)
		assert.ErrorContains(t, s.Err(), "not valid UTF-8")
	})
	t.Run("empty struct", func(t *testing.T) {
		s := begin(newCodec(t, cookiesession.Options{}))
		s.Set("k", struct{}{})
		assert.NoError(t, s.Err(), "nothing is lost")
	})
	t.Run("flush forgets", func(t *testing.T) {
		s := begin(newCodec(t, cookiesession.Options{}))
		s.Set("k", func() {})
		s.Flush()
		assert.NoError(t, s.Err())
	})
}

func TestSetTakesACopy(t *testing.T) {
	s := begin(newCodec(t, cookiesession.Options{}))
	m := map[string]any{"n": 1}
	s.Set("m", m)
	m["n"] = 2
	assert.Equal(t, map[string]any{"n": int64(1)}, s.Get("m"))
	s.Get("m").(map[string]any)["n"] = 3
	assert.Equal(t, map[string]any{"n": int64(1)}, s.Get("m"), "what Get returns is the caller's own")
}

func TestIdentity(t *testing.T) {
	k := newClock()
	c := newCodec(t, cookiesession.Options{Now: k.Now})
	s := begin(c)
	assert.Empty(t, s.ID())
	assert.True(t, s.Created().IsZero())
	assert.False(t, s.Modified(), "reading never modifies")
	s.Set("k", 1)
	first := s.ID()
	assert.Len(t, first, 16)
	assert.Equal(t, noon, s.Created())

	k.add(time.Minute)
	s = reopen(t, c, s)
	assert.Equal(t, first, s.ID())
	assert.Equal(t, noon, s.Created())

	s.Renew()
	second := s.ID()
	assert.NotEqual(t, first, second)
	assert.Equal(t, noon.Add(time.Minute), s.Created())
	assert.EqualValues(t, 1, s.GetInt("k"))

	s.Flush()
	assert.Empty(t, s.ID())
	assert.True(t, s.IsEmpty())
	s.Set("k", 2)
	assert.NotContains(t, []string{"", first, second}, s.ID())

	s = begin(c)
	s.Renew()
	renewed := s.ID()
	assert.NotEmpty(t, renewed)
	s.Set("k", 1)
	assert.Equal(t, renewed, s.ID())
}

func TestField(t *testing.T) {
	type item struct {
		SKU string
		Qty int
	}
	const cart = cookiesession.Field[[]item]("cart")
	c := newCodec(t, cookiesession.Options{})
	s := begin(c)
	assert.Nil(t, cart.Get(s))
	assert.Nil(t, cart.Pop(s))
	cart.Set(s, []item{{"a", 1}})
	s = reopen(t, c, s)
	require.NoError(t, cart.Update(s, func(items *[]item) error {
		(*items)[0].Qty++
		*items = append(*items, item{"b", 1})
		return nil
	}))
	assert.True(t, s.Modified())
	s = reopen(t, c, s)
	assert.Equal(t, []item{{"a", 2}, {"b", 1}}, cart.Get(s))

	broken := errors.New("broken")
	require.ErrorIs(t, cart.Update(s, func(items *[]item) error { *items = nil; return broken }), broken)
	assert.False(t, s.Modified(), "nothing is written")
	assert.Equal(t, []item{{"a", 2}, {"b", 1}}, cart.Pop(s))
	assert.False(t, s.Has("cart"))

	require.NoError(t, cart.Update(s, func(items *[]item) error { *items = []item{{"c", 1}}; return nil }))
	assert.Equal(t, []item{{"c", 1}}, cart.Get(s), "absent is the zero value")

	other := cookiesession.Field[int]("cart")
	assert.Zero(t, other.Get(s))
	assert.Error(t, s.Err())
	assert.Zero(t, other.Pop(s))
	assert.True(t, s.Has("cart"), "what does not decode stays")
	require.Error(t, other.Update(s, func(*int) error { t.Error("called"); return nil }))
	assert.Equal(t, []item{{"c", 1}}, cart.Get(s), "and is not overwritten")

	bad := cookiesession.Field[any]("bad")
	require.ErrorContains(t, bad.Update(s, func(v *any) error { *v = func() {}; return nil }), "func()")
}

func TestUpdatesOfManyGoroutinesAreAllKept(t *testing.T) {
	const n = cookiesession.Field[int]("n")
	s := begin(newCodec(t, cookiesession.Options{}))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				assert.NoError(t, n.Update(s, func(v *int) error { *v++; return nil }))
			}
		})
	}
	wg.Wait()
	assert.Equal(t, 400, n.Get(s))
}

func TestConcurrentUse(t *testing.T) {
	c := newCodec(t, cookiesession.Options{})
	s := begin(c)
	s.SetAll(map[string]any{"a": 1, "b": strings.Repeat("b", 1000)})
	s = present(c, seal(t, c, s))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			key := strconv.Itoa(i)
			s.Set(key, i)
			s.Get("b")
			for range s.All() {
			}
			s.AddFlash("info", key)
			s.Size()
			_ = s.String()
			s.ExpireAfter(time.Hour)
			_ = s.Err()
			s.Pop(key)
			_, err := c.Encode(s)
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	assert.Len(t, s.Flashes(), 8)
	assert.Equal(t, []string{"a", "b"}, s.Keys())
}

func TestFlash(t *testing.T) {
	c := newCodec(t, cookiesession.Options{})
	s := begin(c)
	assert.Empty(t, s.Flashes())
	assert.False(t, s.Modified())
	s.AddFlash("success", "Saved.")
	s.AddFlash("error", "")
	s = reopen(t, c, s)
	flashes := s.Flashes()
	require.Len(t, flashes, 2)
	assert.Equal(t, "success", flashes[0].Kind)
	assert.Equal(t, "Saved.", flashes[0].Text)
	assert.Equal(t, "error", flashes[1].Kind)
	assert.Empty(t, s.Flashes(), "read once")
	sealed, err := c.Seal(s)
	require.NoError(t, err)
	assert.Equal(t, cookiesession.DeleteCookie, sealed.Action, "nothing else was in it")

	s = begin(c)
	s.Set("_flash", "something else")
	s.AddFlash("info", "x")
	_, err = c.Seal(s)
	require.ErrorContains(t, err, "flash", "not lost in silence")
	s = begin(c)
	s.AddFlash("info", "\xff")
	require.ErrorContains(t, s.Err(), "UTF-8")
}

func TestTestCookie(t *testing.T) {
	c := newCodec(t, cookiesession.Options{})
	s := begin(c)
	assert.False(t, s.TestCookieWorked())
	s.SetTestCookie()
	s = reopen(t, c, s)
	assert.True(t, s.TestCookieWorked())
	s.DeleteTestCookie()
	assert.False(t, s.TestCookieWorked())
}

func TestExpiry(t *testing.T) {
	const day = 24 * time.Hour
	for _, tc := range []struct {
		name    string
		opts    cookiesession.Options
		set     func(*cookiesession.Session)
		ends    time.Duration // from noon
		maxAge  time.Duration
		browser bool
	}{
		{"default", cookiesession.Options{}, nil, 14 * day, 14 * day, false},
		{"lifetime", cookiesession.Options{Lifetime: time.Hour}, nil, time.Hour, time.Hour, false},
		{"idle", cookiesession.Options{Idle: time.Hour}, nil, time.Hour, time.Hour, false},
		{"idle alone", cookiesession.Options{Lifetime: -1, Idle: time.Hour}, nil, time.Hour, time.Hour, false},
		{"after", cookiesession.Options{}, func(s *cookiesession.Session) { s.ExpireAfter(90 * time.Second) }, 90 * time.Second, 90 * time.Second, false},
		{"after, beyond the lifetime", cookiesession.Options{Lifetime: time.Hour}, func(s *cookiesession.Session) { s.ExpireAfter(2 * time.Hour) }, time.Hour, time.Hour, false},
		{"after, beyond idle", cookiesession.Options{Idle: time.Hour}, func(s *cookiesession.Session) { s.ExpireAfter(2 * time.Hour) }, time.Hour, time.Hour, false},
		{"after, beyond all bounds", cookiesession.Options{}, func(s *cookiesession.Session) { s.ExpireAfter(1<<63 - 1) }, 14 * day, 14 * day, false},
		{"at", cookiesession.Options{}, func(s *cookiesession.Session) { s.ExpireAt(noon.Add(time.Hour)) }, time.Hour, time.Hour, false},
		{"at, beyond the lifetime", cookiesession.Options{}, func(s *cookiesession.Session) { s.ExpireAt(noon.Add(100 * day)) }, 14 * day, 14 * day, false},
		{"at, beyond the clock", cookiesession.Options{}, func(s *cookiesession.Session) { s.ExpireAt(time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)) }, 14 * day, 14 * day, false},
		{"browser", cookiesession.Options{}, (*cookiesession.Session).ExpireAtBrowserClose, 14 * day, 0, true},
		{"taken back", cookiesession.Options{}, func(s *cookiesession.Session) { s.ExpireAfter(time.Minute); s.ExpireDefault() }, 14 * day, 14 * day, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			k := newClock()
			tc.opts.Now = k.Now
			c := newCodec(t, tc.opts)
			s := begin(c)
			s.Set("k", 1)
			if tc.set != nil {
				tc.set(s)
			}
			assert.Equal(t, noon.Add(tc.ends), s.ExpiresAt())
			assert.Equal(t, tc.ends, s.ExpiresIn())
			assert.Equal(t, tc.browser, s.ExpiresAtBrowserClose())
			sealed, err := c.Seal(s)
			require.NoError(t, err)
			assert.Equal(t, tc.maxAge, sealed.MaxAge)

			k.t = noon.Add(tc.ends - time.Second)
			s = present(c, sealed.Value)
			assert.Equal(t, 1, s.GetInt("k"))
			assert.Equal(t, tc.browser, s.ExpiresAtBrowserClose(), "kept in the cookie")
			assert.Equal(t, noon.Add(tc.ends), s.ExpiresAt())
			k.t = noon.Add(tc.ends)
			s = present(c, sealed.Value)
			assert.False(t, s.Has("k"), "enforced on the server")
			require.Len(t, s.Rejected(), 1)
			assert.ErrorIs(t, s.Rejected()[0], cookiesession.ErrExpired)
		})
	}
}

func TestATouchProlongsIdleAndNotTheLifetime(t *testing.T) {
	k := newClock()
	c := newCodec(t, cookiesession.Options{Now: k.Now, Lifetime: 3 * time.Hour, Idle: time.Hour})
	value := cookieOf(t, c, "k", 1)
	for range 4 {
		k.add(40 * time.Minute)
		s := present(c, value)
		require.Equal(t, 1, s.GetInt("k"))
		value = seal(t, c, s)
	}
	k.t = noon.Add(3*time.Hour - 500*time.Millisecond)
	s := present(c, value)
	s.Set("k", 2)
	sealed, err := c.Seal(s)
	require.NoError(t, err)
	assert.Equal(t, cookiesession.DeleteCookie, sealed.Action, "under a second is left")
	k.t = noon.Add(3 * time.Hour)
	assert.False(t, present(c, value).Has("k"))
}

func TestASessionsOwnIdleTimeoutIsProlongedByUse(t *testing.T) {
	k := newClock()
	c := newCodec(t, cookiesession.Options{Now: k.Now})
	s := begin(c)
	s.Set("k", 1)
	s.ExpireAfter(time.Hour)
	value := seal(t, c, s)
	k.add(40 * time.Minute)
	s = present(c, value)
	s.Get("k")
	value = seal(t, c, s)
	k.add(40 * time.Minute)
	assert.True(t, present(c, value).Has("k"))
}

func TestAClockThatGoesBackLosesNoSession(t *testing.T) {
	k := newClock()
	c := newCodec(t, cookiesession.Options{Now: k.Now, Idle: time.Hour})
	value := cookieOf(t, c, "k", 1)
	k.add(-time.Minute)
	s := present(c, value)
	s.Set("k", 2)
	s = present(c, seal(t, c, s))
	assert.Equal(t, 2, s.GetInt("k"))
	assert.Equal(t, noon, s.Created(), "created never moves")
	assert.Equal(t, noon.Add(time.Hour), s.ExpiresAt(), "touched never goes before created")
}

func TestSizeSums(t *testing.T) {
	for _, p := range protections {
		for _, payload := range []string{"tiny", "login", "cart", "oauth", "large"} {
			for _, how := range []cookiesession.Compression{cookiesession.CompressAuto, cookiesession.CompressIsolated} {
				t.Run(fmt.Sprint(payload, "/", p.name, "/", how), func(t *testing.T) {
					c := newCodec(t, cookiesession.Options{Protection: p.p, Compression: how, Now: newClock().Now})
					s := begin(c)
					assert.Equal(t, cookiesession.Size{Limit: 4093}, s.Size(), "no cookie")
					s.SetAll(fixture(t, payload))
					z := s.Size()
					assert.Equal(t, z.Total, z.Overhead+sum(z.Values))
					assert.Len(t, z.Values, s.Len())
					for i, v := range z.Values {
						assert.Positive(t, v.Bytes)
						assert.True(t, i == 0 || v.Bytes <= z.Values[i-1].Bytes, "largest first")
					}
					value := seal(t, c, s)
					assert.Equal(t, len(c.Name())+len(value), z.Total, "what it then weighs")
					assert.Equal(t, z.Total, reopen2(t, c, s).Size().Total)
				})
			}
		}
	}
}

// Untouched values are copied through; where the settings changed they are
// packed again, and come back the same whatever the way.
func TestChangesOfCompression(t *testing.T) {
	var codecs []*cookiesession.Codec
	for _, p := range protections {
		for _, how := range []cookiesession.Compression{cookiesession.CompressAuto, cookiesession.CompressIsolated, cookiesession.CompressOff} {
			codecs = append(codecs, newCodec(t, cookiesession.Options{
				Protection: p.p, Compression: how, InsecureAllowDowngrade: true, Now: newClock().Now}))
		}
	}
	want := fixture(t, "login")
	delete(want, "auth_time")
	for _, from := range codecs {
		s := begin(from)
		s.SetAll(want)
		s.Set("long", strings.Repeat("all work and no play ", 100))
		value, err := from.Encode(s)
		require.NoError(t, err)
		for _, to := range codecs {
			s := present(to, value)
			s.Set("n", 1)
			direct := begin(to)
			for k, v := range s.All() {
				direct.Set(k, v)
			}
			again := reopen(t, to, s)
			assert.Equal(t, strings.Repeat("all work and no play ", 100), again.Get("long"))
			assert.Equal(t, want["email"], again.Get("email"))
			assert.Equal(t, direct.Size(), again.Size(), "no trace of how it was written before")
		}
	}
}

func TestSerializer(t *testing.T) {
	type user struct{ Name string }
	plain := newCodec(t, cookiesession.Options{})
	gob := newCodec(t, cookiesession.Options{Serializer: securecookie.GobEncoder{}})
	text := newCodec(t, cookiesession.Options{Serializer: securecookie.JSONEncoder{}})
	value := cookieOf(t, gob, "u", user{"Ann"})

	s := present(gob, value)
	u, err := cookiesession.Get[user](s, "u")
	require.NoError(t, err)
	assert.Equal(t, user{"Ann"}, u)
	assert.Nil(t, s.Get("u"), "gob cannot decode into an any")
	assert.ErrorContains(t, s.Err(), "GobEncoder")

	for name, other := range map[string]*cookiesession.Codec{"none": plain, "another": text} {
		s := present(other, value)
		_, err := cookiesession.Get[user](s, "u")
		require.ErrorContains(t, err, "another serializer", name)
		s.Set("n", 1)
		kept, err := cookiesession.Get[user](present(gob, seal(t, other, s)), "u")
		require.NoError(t, err, "copied through, not lost")
		assert.Equal(t, user{"Ann"}, kept)
	}

	s = present(gob, cookieOf(t, plain, "u", user{"Bob"}))
	u, err = cookiesession.Get[user](s, "u")
	require.NoError(t, err, "CBOR is always read")
	assert.Equal(t, user{"Bob"}, u)

	s = begin(text)
	s.Set("n", 7)
	s.AddFlash("info", "hello")
	s = reopen(t, text, s)
	assert.Equal(t, 7.0, s.Get("n"), "as JSON has it")
	assert.Equal(t, "hello", s.Flashes()[0].Text)
	s.Set("bad", func() {})
	assert.ErrorContains(t, s.Err(), "JSONEncoder")
	s = begin(text)
	s.Set("k", strings.Repeat("x", 70000))
	assert.ErrorContains(t, s.Err(), "65536")
}

type lateFunc func(error)

func (f lateFunc) LateUse(err error) { f(err) }

func TestLate(t *testing.T) {
	c := newCodec(t, cookiesession.Options{})
	s := present(c, cookieOf(t, c, "k", 1))
	var late []string
	s.Late(lateFunc(func(err error) {
		late = append(late, err.Error())
		_ = s.Modified() // may call back
	}))
	s.Get("k")
	s.Get("k")
	require.Len(t, late, 1)
	assert.Contains(t, late[0], "first looked at after the response had begun")
	s.Set("k", 2)
	s.Set("j", 2)
	require.Len(t, late, 2)
	assert.Contains(t, late[1], `"k" was set after the response had begun; the change is lost`)

	s = present(c, cookieOf(t, c, "k", 1))
	s.Get("k")
	late = nil
	s.Late(lateFunc(func(err error) { late = append(late, err.Error()) }))
	s.Get("k")
	assert.Empty(t, late)
	s.Flush()
	require.Len(t, late, 1)
	assert.Contains(t, late[0], "the session was flushed")
}

func TestContext(t *testing.T) {
	s := begin(newCodec(t, cookiesession.Options{}))
	assert.Same(t, s, cookiesession.FromContext(cookiesession.NewContext(context.Background(), s)))
	assert.PanicsWithValue(t,
		"cookiesession: no session in the context; wrap the handler with middleware.Sessions.Handler, and pass on the request's context",
		func() { cookiesession.FromContext(context.Background()) })
}
