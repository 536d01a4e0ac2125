// Package sessiontest helps to test handlers that have a session: a client
// that comes with one, the session that it holds afterwards, and a clock to
// move. It is for tests only.
//
// Most tests take three lines:
//
//	func TestAddToCart(t *testing.T) {
//		sessions := sessiontest.New(t, cookiesession.Options{}, middleware.Options{})
//		client := sessiontest.NewClient(t, sessions, map[string]any{"user_id": 7})
//		w := client.Do(sessions.Handler(shop()), httptest.NewRequest("POST", "/cart?item=tea", nil))
//
//		if cart := Cart.Get(client.Session()); w.Code != http.StatusSeeOther || len(cart) != 1 {
//			t.Errorf("status %d and a cart of %q", w.Code, cart)
//		}
//	}
//
// # One browser
//
// A [Client] keeps its cookies from one request to the next, as a browser
// does, so a sequence of requests is one [Client.Do] after the other. Signing
// in, a redirect and the page after it are three.
//
// [Client.Session] is always what the client holds now. So it does not matter
// whether a response wrote the cookie: where it did not, the session is the
// one from before. Where it deleted the cookie, or where the cookie's time is
// over, the session is empty and its ID is "".
//
// Two clients are two browsers. Each test makes its own.
//
// # Your own middleware
//
// [New] makes a middleware with a key of its own, for tests of handlers. To
// test a program as it is wired, give [NewClient] the program's own
// [middleware.Sessions], or another one with the same keys and options: both
// read each other's cookies. Whatever they do with the cookies, the client
// follows. Handlers that call Load and Save by themselves are tested in the
// same way.
//
// A client is an [http.CookieJar] too, for tests over a real connection:
//
//	server := httptest.NewServer(handler)
//	defer server.Close()
//	server.Client().Jar = client
//
// # What fails a test
//
// A middleware logs what went wrong with a session, and the user gets the next
// best. In a test that is easily overlooked. Under [Strict] it fails the test:
// a cookie that does not open, a session that could not be written, a change
// that came too late or was dropped. [New] is strict; for a middleware of your
// own, pass its options through Strict. A test that means one of these sets
// the hook itself.
//
// # Time
//
// A [Clock] stands still until it is moved:
//
//	var clock sessiontest.Clock
//	sessions := sessiontest.New(t, cookiesession.Options{Now: clock.Now}, middleware.Options{})
//	…
//	clock.Advance(15 * 24 * time.Hour) // the session has ended
//
// The client goes by the clock of its Sessions. So package testing/synctest
// works as well: where the options set no clock, time.Sleep is what moves it.
// Mind that its clock begins in the year 2000, when a key with a later instant
// does not sign yet.
package sessiontest
