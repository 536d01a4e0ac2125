package cookiesession_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
)

// newExampleCodec stands for a codec made at start-up.
func newExampleCodec(opts cookiesession.Options) *cookiesession.Codec {
	ring, err := keys.NewRing(time.Time{}, keys.Entry{Key: keys.Generate()})
	if err != nil {
		panic(err)
	}
	codec, err := cookiesession.NewCodec(ring, opts)
	if err != nil {
		panic(err)
	}
	return codec
}

func ExampleNewCodec() {
	ring, err := keys.NewRing(time.Time{}, keys.Entry{Key: keys.Generate()}) // in production: keys.Env or keys.File
	if err != nil {
		fmt.Println(err)
		return
	}
	codec, err := cookiesession.NewCodec(ring, cookiesession.Options{
		Protection: cookiesession.Encrypted,
		Lifetime:   24 * time.Hour,
		Idle:       2 * time.Hour,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(codec.Name())

	_, err = cookiesession.NewCodec(ring, cookiesession.Options{Name: "my session", MaxSize: 9000})
	fmt.Println(err)
	// Output:
	// __Host-session
	// cookiesession: Options.Name "my session" is not a cookie name (RFC 6265, section 4.1.1: letters, digits and !#$%&'*+-.^_`|~)
	// cookiesession: Options.MaxSize 9000 is not from 256 to 4096; browsers drop a larger cookie in silence
}

// What the middleware does with a codec, for programs that do without.
func ExampleCodec() {
	codec := newExampleCodec(cookiesession.Options{})
	ctx := context.Background()

	s := codec.New(ctx) // the client sent no cookie
	s.Set("color", "green")
	sealed, err := codec.Seal(s)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sealed.Action == cookiesession.SetCookie, sealed.MaxAge)

	s = codec.Open(ctx, slices.Values([]string{sealed.Value})) // the client's next request
	fmt.Println(s.Get("color"))
	sealed, _ = codec.Seal(s)
	fmt.Println(sealed.Action == cookiesession.KeepCookie)
	// Output:
	// true 336h0m0s
	// green
	// true
}

func ExampleCodec_Decode() {
	codec := newExampleCodec(cookiesession.Options{})
	_, err := codec.Decode(context.Background(), "not one of ours")
	fmt.Println(errors.Is(err, cookiesession.ErrInvalid), err)
	// Output:
	// true cookiesession: cookie refused: malformed: not canonical base64url without padding
}

func ExampleSession() {
	s := newExampleCodec(cookiesession.Options{}).New(context.Background())
	s.Set("user", map[string]any{"name": "Ann", "visits": 3})
	s.Set("theme", "dark")
	s.SetDefault("theme", "light")
	for key, value := range s.All() {
		fmt.Println(key, value)
	}
	fmt.Println(s.Pop("theme"), s.Has("theme"), s.Get("theme"))
	// Output:
	// theme dark
	// user map[name:Ann visits:3]
	// dark false <nil>
}

func ExampleField() {
	type Item struct {
		SKU string
		Qty int
	}
	const Cart = cookiesession.Field[[]Item]("cart")

	s := newExampleCodec(cookiesession.Options{}).New(context.Background())
	err := Cart.Update(s, func(items *[]Item) error {
		*items = append(*items, Item{"KX-58458-BL", 2})
		return nil
	})
	fmt.Println(Cart.Get(s), err)
	// Output:
	// [{KX-58458-BL 2}] <nil>
}

func ExampleGet() {
	s := newExampleCodec(cookiesession.Options{}).New(context.Background())
	s.Set("since", time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))
	since, err := cookiesession.Get[time.Time](s, "since")
	fmt.Println(since.Year(), err)
	_, err = cookiesession.Get[int](s, "until")
	fmt.Println(errors.Is(err, cookiesession.ErrAbsent))
	_, err = cookiesession.Get[[]string](s, "since")
	fmt.Println(err)
	// Output:
	// 2030 <nil>
	// true
	// cookiesession: get "since": it holds a UTF-8 text string, which does not go into []string
}

func ExampleSession_AddFlash() {
	s := newExampleCodec(cookiesession.Options{}).New(context.Background())
	s.AddFlash("success", "Your order is on its way.") // before a redirect
	for _, f := range s.Flashes() {                    // on the next page
		fmt.Println(f.Kind, f.Text)
	}
	fmt.Println(len(s.Flashes()))
	// Output:
	// success Your order is on its way.
	// 0
}

func ExampleSession_Renew() {
	s := newExampleCodec(cookiesession.Options{}).New(context.Background())
	s.Set("cart", []string{"KX-58458-BL"})
	before := s.ID()

	s.Renew() // at sign-in
	s.Set("user_id", 7)
	fmt.Println(s.ID() != before, s.Keys())

	s.Flush() // at sign-out
	fmt.Println(s.ID() == "", s.IsEmpty())
	// Output:
	// true [cart user_id]
	// true true
}

func ExampleSession_ExpireAfter() {
	s := newExampleCodec(cookiesession.Options{}).New(context.Background())
	s.Set("user_id", 7)
	s.ExpireAfter(time.Hour) // "remember me" was not ticked
	fmt.Println(s.ExpiresIn().Round(time.Minute))
	s.ExpireDefault()
	fmt.Println(s.ExpiresIn().Round(time.Minute))
	// Output:
	// 1h0m0s
	// 336h0m0s
}

func ExampleSession_Size() {
	s := newExampleCodec(cookiesession.Options{}).New(context.Background())
	s.Set("user_id", "d41cf23e-c2ae-4d7a-ae01-716d0009cb73")
	s.Set("notes", strings.Repeat("x", 100))
	fmt.Println(s.Size())
	// Output:
	// 230 bytes of 4093; largest: "notes" 138, "user_id" 27
}

func ExampleTooLargeError() {
	codec := newExampleCodec(cookiesession.Options{MaxSize: 256})
	s := codec.New(context.Background())
	s.Set("user_id", 7)
	s.Set("notes", strings.Repeat("x", 200))
	_, err := codec.Seal(s)
	var tooLarge *cookiesession.TooLargeError
	if errors.As(err, &tooLarge) {
		fmt.Println(tooLarge.Total, tooLarge.Limit, tooLarge.Values[0].Key)
	}
	fmt.Println(err)
	// Output:
	// 340 256 notes
	// cookiesession: session too large for a cookie: 340 bytes of 256; largest: "notes" 272, "user_id" 2; keep less in the session
}

func ExampleFromContext() {
	codec := newExampleCodec(cookiesession.Options{})
	ctx := cookiesession.NewContext(context.Background(), codec.New(context.Background())) // the middleware does this

	s := cookiesession.FromContext(ctx)
	s.Set("user_id", 7)
	fmt.Println(s.GetInt("user_id"))
	// Output:
	// 7
}
