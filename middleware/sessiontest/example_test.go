package sessiontest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/middleware"
	"github.com/cookiesession/go/middleware/sessiontest"
)

const Cart = cookiesession.Field[[]string]("cart")

// shop is what is tested here.
func shop() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /cart", func(w http.ResponseWriter, r *http.Request) {
		s := cookiesession.FromContext(r.Context())
		if !s.Has("user_id") {
			http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
			return
		}
		Cart.Set(s, append(Cart.Get(s), r.FormValue("item")))
		http.Redirect(w, r, "/cart", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /cart", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "in the cart:", Cart.Get(cookiesession.FromContext(r.Context())))
	})
	mux.HandleFunc("POST /sign-out", func(w http.ResponseWriter, r *http.Request) {
		cookiesession.FromContext(r.Context()).Flush()
	})
	return mux
}

func TestAddToCart(t *testing.T) {
	sessions := sessiontest.New(t, cookiesession.Options{}, middleware.Options{})
	client := sessiontest.NewClient(t, sessions, map[string]any{"user_id": 7})
	w := client.Do(sessions.Handler(shop()), httptest.NewRequest("POST", "/cart?item=tea", nil))

	if cart := Cart.Get(client.Session()); w.Code != http.StatusSeeOther || len(cart) != 1 {
		t.Errorf("status %d and a cart of %q", w.Code, cart)
	}
}

// The test that the package documentation shows is the one above.
func TestTheExampleOfTheDocumentation(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	_, shown, _ := strings.Cut(string(doc), "//\tfunc TestAddToCart")
	shown, _, ok := strings.Cut(shown, "\n// #")
	require.True(t, ok)
	shown = strings.ReplaceAll(strings.TrimSuffix(shown, "\n//"), "\n//\t", "\n")
	shown = strings.ReplaceAll(shown, "\n//\n", "\n\n")
	tested, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	assert.Contains(t, string(tested), "\nfunc TestAddToCart"+shown+"\n")
}

// A printer stands in for the *testing.T of a test: it prints what fails.
type printer struct{ testing.TB }

func (printer) Helper()                           {}
func (printer) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (printer) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func ExampleClient() {
	var t printer // in a test: its *testing.T
	sessions := sessiontest.New(t, cookiesession.Options{}, middleware.Options{})
	handler := sessions.Handler(shop())
	client := sessiontest.NewClient(t, sessions, map[string]any{
		"user_id":    7,
		string(Cart): []string{"tea"},
	})

	client.Do(handler, httptest.NewRequest("POST", "/cart?item=milk", nil))
	fmt.Print(client.Do(handler, httptest.NewRequest("GET", "/cart", nil)).Body)
	fmt.Println(client.Session().Keys())

	client.Do(handler, httptest.NewRequest("POST", "/sign-out", nil))
	fmt.Println(client.Session().IsEmpty())
	// Output:
	// in the cart: [tea milk]
	// [cart user_id]
	// true
}

// Over a real connection, the client is the cookie jar.
func ExampleClient_server() {
	var t printer // in a test: its *testing.T
	sessions := sessiontest.New(t, cookiesession.Options{}, middleware.Options{})
	client := sessiontest.NewClient(t, sessions, map[string]any{"user_id": 7})
	server := httptest.NewServer(sessions.Handler(shop()))
	defer server.Close()
	server.Client().Jar = client

	resp, err := server.Client().Post(server.URL+"/cart?item=tea", "", nil)
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status, resp.Request.URL.Path) // the redirect was followed
	fmt.Println(Cart.Get(client.Session()))
	// Output:
	// 200 OK /cart
	// [tea]
}

func ExampleClock() {
	var t printer // in a test: its *testing.T
	var clock sessiontest.Clock
	sessions := sessiontest.New(t, cookiesession.Options{Now: clock.Now}, middleware.Options{})
	client := sessiontest.NewClient(t, sessions, map[string]any{"user_id": 7})

	clock.Advance(13 * 24 * time.Hour)
	fmt.Println(client.Session().ExpiresIn())
	clock.Advance(24 * time.Hour)
	fmt.Println(client.Session().IsEmpty())
	// Output:
	// 24h0m0s
	// true
}

// A program that makes its own middleware passes the options through Strict
// in its tests. Here the handler changes the session after its first byte,
// which a user of the program might never notice.
func ExampleStrict() {
	var t printer // in a test: its *testing.T

	// As the program makes it.
	newSessions := func(opts middleware.Options) *middleware.Sessions {
		ring, err := keys.NewRing(time.Time{}, keys.Entry{Key: keys.Generate()})
		if err != nil {
			panic(err)
		}
		codec, err := cookiesession.NewCodec(ring, cookiesession.Options{})
		if err != nil {
			panic(err)
		}
		sessions, err := middleware.New(codec, opts)
		if err != nil {
			panic(err)
		}
		return sessions
	}
	sessions := newSessions(sessiontest.Strict(t, middleware.Options{}))
	handler := sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "welcome")
		cookiesession.FromContext(r.Context()).Set("seen", true)
	}))

	client := sessiontest.NewClient(t, sessions, nil)
	client.Do(handler, httptest.NewRequest("GET", "/", nil))
	// Output:
	// sessiontest: GET /: the session was used too late: cookiesession: "seen" was set after the response had begun; the change is lost: change the session before the first Write, WriteHeader or Flush
}
