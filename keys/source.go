package keys

import "context"

// A Source loads a ring from where it is kept: [File], [Env], or [SourceFunc] for any other place.
//
// Load returns a ring or an error, never neither. It reads anew at each call, stops when the context
// is done, and may be called by several goroutines at once. Its error must not repeat secrets.
type Source interface {
	Load(ctx context.Context) (*Ring, error)
}

// A SourceFunc is a function that is a [Source]: a secret manager, for example,
// whose answer goes through [ParseRing].
type SourceFunc func(ctx context.Context) (*Ring, error)

// Load calls f.
func (f SourceFunc) Load(ctx context.Context) (*Ring, error) { return f(ctx) }
