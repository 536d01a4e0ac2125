package keys

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// Env returns the source that reads the environment variable with this name,
// in either text form; [Ring.RevealLine] writes the one that suits. Line ends at the end
// of the value are dropped, as tools that fill variables from files leave them there.
//
// An environment does not change while a program runs, unless the program changes it: to rotate
// keys, start the instances anew. A line that was cut right before a comma cannot be told from a
// whole one.
func Env(name string) Source { return envSource{name} }

type envSource struct{ name string }

func (s envSource) Load(ctx context.Context) (*Ring, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("keys: environment variable %q: %w", s.name, err)
	}
	text, ok := os.LookupEnv(s.name)
	if !ok {
		return nil, fmt.Errorf("keys: environment variable %q is not set: set it to a key, or to several with commas between them", s.name)
	}
	text = strings.TrimRight(text, "\r\n")
	if strings.Trim(text, blanks) == "" {
		return nil, fmt.Errorf("keys: environment variable %q is set, but empty: set it to a key, or to several with commas between them", s.name)
	}
	r, err := parseRing(text)
	if err != nil {
		return nil, fmt.Errorf("keys: environment variable %q: %w", s.name, err)
	}
	return r, nil
}
