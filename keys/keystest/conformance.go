package keystest

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/cookiesession/go/keys"
)

// TestSource tests that src keeps the contract of [keys.Source]. put replaces the text
// that src loads from then on; it is called with whole rings, cut ones, and an empty text.
//
// A source that cannot be changed from outside, or that takes a moment to follow, waits in put until
// src would load the new text.
func TestSource(t *testing.T, src keys.Source, put func(t *testing.T, text string)) {
	good := Text("one", "two 2026-09-01T00:00:00Z", "three 2026-08-01T00:00:00Z revoked", "not-before 2026-03-01T00:00:00Z")
	want := Ring(t, "one", "two 2026-09-01T00:00:00Z", "three 2026-08-01T00:00:00Z revoked", "not-before 2026-03-01T00:00:00Z").Reveal()
	load := func(t *testing.T, want string) {
		t.Helper()
		ring, err := src.Load(t.Context())
		switch {
		case err != nil:
			t.Errorf("Load: %v", err)
		case ring == nil:
			t.Error("Load returned no ring and no error")
		case ring.Reveal() != want:
			t.Errorf("Load returned %v, which is another ring than was put", ring)
		}
	}

	t.Run("the whole ring", func(t *testing.T) {
		put(t, good)
		load(t, want)
	})
	t.Run("anew at each load", func(t *testing.T) {
		for _, name := range []string{"one", "two", "one"} {
			put(t, Text(name))
			load(t, Ring(t, name).Reveal())
		}
	})
	t.Run("concurrent loads", func(t *testing.T) {
		put(t, good)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() { load(t, want) })
		}
		all.Wait()
	})
	t.Run("a context that is done", func(t *testing.T) {
		put(t, good)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if ring, err := src.Load(ctx); err == nil || ring != nil {
			t.Errorf("Load with a context that is done returned a ring, or no error: %v, %v", ring, err)
		}
	})
	for _, broken := range []struct{ name, text string }{
		{"an empty text", ""},
		{"a ring that is cut off", good[:len(good)*2/3]},
		{"a ring without its last key", strings.Replace(good, Key("two").Reveal()+" 2026-09-01T00:00:00Z\n", "", 1)},
		{"a key that was mistyped", strings.Replace(good, Key("one").Reveal(), swapped(Key("one").Reveal()), 1)},
		{"something else", "<html><body>503 Service Unavailable</body></html>\n"},
	} {
		t.Run(broken.name, func(t *testing.T) {
			put(t, broken.text)
			ring, err := src.Load(t.Context())
			if err == nil || ring != nil {
				t.Fatalf("Load returned a ring, or no error: %v, %v", ring, err)
			}
			for _, name := range []string{"one", "two", "three"} {
				// Any eight characters of a key are a leak.
				for key := Key(name).Reveal()[len("cs1_"):]; len(key) >= 8; key = key[1:] {
					if strings.Contains(err.Error(), key[:8]) {
						t.Fatal("the error repeats a part of a key")
					}
				}
			}
		})
	}
	t.Run("and whole again", func(t *testing.T) {
		put(t, good)
		load(t, want)
	})
}

// swapped is the key with two different characters exchanged.
func swapped(key string) string {
	b := []byte(key)
	for i := len(b) - 1; ; i-- {
		if b[i] != b[i-1] {
			b[i], b[i-1] = b[i-1], b[i]
			return string(b)
		}
	}
}
