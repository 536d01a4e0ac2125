package cookiesession

import "fmt"

// A Flash is a message for the next page: its kind (a word of the
// application's, such as "success") and its text.
type Flash struct {
	_    struct{} `cbor:",toarray"`
	Kind string   // such as "success"; the application's own
	Text string   // as it was given, so escape it where it is shown
}

// Flashes stand in the session like any value, under this key.
const flashKey = "_flash"

// AddFlash appends a message to those waiting.
func (s *Session) AddFlash(kind, text string) {
	err := Field[[]Flash](flashKey).Update(s, func(waiting *[]Flash) error {
		*waiting = append(*waiting, Flash{Kind: kind, Text: text})
		return nil
	})
	if err != nil {
		s.look()
		defer s.done()
		s.refuse(flashKey, fmt.Errorf("cookiesession: add a flash: %w", err))
	}
}

// Flashes returns the messages waiting, oldest first, and removes them. Call
// it before writing the body: removing is a change of the session.
func (s *Session) Flashes() []Flash { return Field[[]Flash](flashKey).Pop(s) }

const (
	testKey   = "_test"
	testValue = "worked"
)

// SetTestCookie puts a value into the session that tells, at the next
// request, whether the client keeps cookies.
func (s *Session) SetTestCookie() { s.Set(testKey, testValue) }

// TestCookieWorked reports whether the value of [Session.SetTestCookie] came back.
func (s *Session) TestCookieWorked() bool { return s.GetString(testKey) == testValue }

// DeleteTestCookie removes that value.
func (s *Session) DeleteTestCookie() { s.Delete(testKey) }
