package cookiesession

import (
	"fmt"
	"log/slog"
	"strings"
)

// String shows the keys and the bytes that each value takes, never a value.
// It does not open a session that nobody looked at.
func (s *Session) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	b.WriteString("cookiesession.Session(")
	if !s.isOpen {
		b.WriteString("not looked at")
	} else {
		for i, e := range s.contents.Load().all() {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "%q %d B", e.key, max(len(e.stored), len(e.packed)))
		}
	}
	b.WriteString(")")
	return b.String()
}

// Format prints String for every verb.
func (s *Session) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// LogValue logs String.
func (s *Session) LogValue() slog.Value { return slog.StringValue(s.String()) }
