package keys_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/cookiesession/go/keys"
)

func Example() {
	// In real life the environment of the process holds the key.
	os.Setenv("SESSION_KEYS", keys.Generate().Reveal())

	ring, err := keys.Env("SESSION_KEYS").Load(context.Background())
	if err != nil {
		log.Fatal(err)
	}

	// Sign with the signer of the moment, and note its ID.
	signer, err := ring.Signer(time.Now())
	if err != nil {
		log.Fatal(err)
	}
	id := signer.ID()

	// Verify with the key that has the ID.
	key, err := ring.Lookup(id)
	fmt.Println(key.ID() == id, err)
	// Output: true <nil>
}

func ExampleGenerate() {
	key := keys.Generate()
	fmt.Println(len(key.Reveal()), "characters")

	again, err := keys.ParseKey(key.Reveal())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(again.ID() == key.ID())
	// Output:
	// 52 characters
	// true
}

func ExampleParseKey() {
	text := keys.Generate().Reveal()
	_, err := keys.ParseKey(text[:40])
	fmt.Println(err)
	// Output: keys: the key is too short, 40 characters instead of 52: was it cut off in copying?
}

// A key prints as its ID, so it does no harm in a log.
func ExampleKey() {
	secret := sha256.Sum256([]byte("a secret for this example alone"))
	key, err := keys.NewKey(secret[:])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%v %+v %x\n", key, key, key)
	// Output: keys.Key(524e0595) keys.Key(524e0595) keys.Key(524e0595)
}

// A subkey for one purpose, with what is costly to build kept on the key.
func ExampleDerived() {
	type pool struct{ newMAC func() hash.Hash }
	build := func(subkey [32]byte) *pool {
		fmt.Println("built")
		return &pool{func() hash.Hash { return hmac.New(sha256.New, subkey[:]) }}
	}

	key := keys.Generate()
	sign := func(message string) []byte {
		mac := keys.Derived(key, "example.com invoice tags", build).newMAC()
		mac.Write([]byte(message))
		return mac.Sum(nil)
	}
	fmt.Println(bytes.Equal(sign("a"), sign("a")), bytes.Equal(sign("a"), sign("b")))
	// Output:
	// built
	// true false
}

func ExampleParseRing() {
	old, current, leaked := keys.Generate(), keys.Generate(), keys.Generate()
	ring, err := keys.ParseRing(`
# The order of the lines means nothing.
` + old.Reveal() + `
` + current.Reveal() + ` 2026-09-01T00:00:00Z           # signs from this instant
` + leaked.Reveal() + ` 2026-08-01T00:00:00Z revoked   # neither signs nor verifies
`)
	if err != nil {
		log.Fatal(err)
	}
	signer, err := ring.Signer(time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC))
	fmt.Println(signer.ID() == current.ID(), err)

	_, err = ring.Lookup(leaked.ID())
	fmt.Println(err)
	// Output:
	// true <nil>
	// keys: revoked key
}

// All mistakes come at once, and none shows a secret.
func ExampleParseRing_mistakes() {
	key := keys.Generate().Reveal()
	_, err := keys.ParseRing(key[:45] + "\n" + key + " revoked\nnot-before yesterday\n")
	fmt.Println(err)
	// Output:
	// keys: line 1: the key is too short, 45 characters instead of 52: was it cut off in copying?
	// line 3: after the key or not-before comes an instant, such as 2026-09-01T00:00:00Z (RFC 3339, with a time zone); after a key also the word revoked; this is neither
}

func ExampleNewRing() {
	now := time.Now().Truncate(time.Second)
	ring, err := keys.NewRing(
		now.Add(-time.Hour), // sign out all sessions made before that
		keys.Entry{Key: keys.Generate(), Revoked: true},
		keys.Entry{Key: keys.Generate(), From: now},
	)
	if err != nil {
		log.Fatal(err)
	}
	again, err := keys.ParseRing(ring.RevealLine())
	fmt.Println(again.Reveal() == ring.Reveal(), err)
	// Output: true <nil>
}

// The clock alone moves the fleet from one key to the next.
func ExampleRing_Signer() {
	instant := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	old, next := keys.Generate(), keys.Generate()
	ring, err := keys.NewRing(time.Time{},
		keys.Entry{Key: old},
		keys.Entry{Key: next, From: instant},
	)
	if err != nil {
		log.Fatal(err)
	}

	before, _ := ring.Signer(instant.Add(-time.Second))
	after, _ := ring.Signer(instant)
	fmt.Println(before.ID() == old.ID(), after.ID() == next.ID())

	// Cookies that the old key signed are still good.
	_, err = ring.Lookup(old.ID())
	fmt.Println(err)
	// Output:
	// true true
	// <nil>
}

func ExampleRing_Signer_none() {
	ring, err := keys.NewRing(time.Time{}, keys.Entry{Key: keys.Generate(), Revoked: true})
	if err != nil {
		log.Fatal(err) // never: a revocation must always apply
	}
	_, err = ring.Signer(time.Now())
	fmt.Println(errors.Is(err, keys.ErrNoSigner))
	// Output: true
}

func ExampleRing_Status() {
	at := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC) }
	ring, err := keys.NewRing(time.Time{},
		keys.Entry{Key: keys.Generate()},
		keys.Entry{Key: keys.Generate(), From: at(time.July, 1)},
		keys.Entry{Key: keys.Generate(), From: at(time.August, 1), Revoked: true},
		keys.Entry{Key: keys.Generate(), From: at(time.September, 1)},
		keys.Entry{Key: keys.Generate(), From: at(time.December, 1)},
	)
	if err != nil {
		log.Fatal(err)
	}
	const longestSession = 14 * 24 * time.Hour
	for _, s := range ring.Status(at(time.September, 10), longestSession) {
		retires := "-"
		if !s.Retires.IsZero() {
			retires = s.Retires.Format(time.DateTime)
		}
		fmt.Printf("%-10v %s\n", s.State, retires)
	}
	// Output:
	// retired    2026-07-15 00:05:00
	// accepting  2026-09-15 00:05:00
	// revoked    -
	// signing    2026-12-15 00:05:00
	// scheduled  -
}

func ExampleEnv() {
	os.Unsetenv("SESSION_KEYS")
	_, err := keys.Env("SESSION_KEYS").Load(context.Background())
	fmt.Println(err)

	os.Setenv("SESSION_KEYS", keys.Generate().Reveal())
	_, err = keys.Env("SESSION_KEYS").Load(context.Background())
	fmt.Println(err)
	// Output:
	// keys: environment variable "SESSION_KEYS" is not set: set it to a key, or to several with commas between them
	// <nil>
}

func ExampleFile() {
	dir, err := os.MkdirTemp("", "keys")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "session.keys")
	if err := os.WriteFile(path, []byte(keys.Generate().Reveal()+"\n"), 0o600); err != nil {
		log.Fatal(err)
	}

	ring, err := keys.File(path).Load(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	_, err = ring.Signer(time.Now())
	fmt.Println(err)
	// Output: <nil>
}

// The first start of a development server makes its key, the later ones find it.
func ExampleFileOrNew() {
	dir, err := os.MkdirTemp("", "keys")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "dev.keys")

	for range 2 {
		src, created, err := keys.FileOrNew(path)
		if err != nil {
			log.Fatal(err)
		}
		ring, err := src.Load(context.Background())
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("created:", created, "keys:", len(ring.Status(time.Now(), 0)))
	}
	// Output:
	// created: true keys: 1
	// created: false keys: 1
}

// A server that never stops for its keys.
func ExampleNewWatcher() {
	dir, err := os.MkdirTemp("", "keys")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	src, _, err := keys.FileOrNew(filepath.Join(dir, "session.keys")) // in production: keys.File
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop() // at the end of the program

	watcher, err := keys.NewWatcher(ctx, src, keys.WatcherOptions{})
	if err != nil {
		log.Fatal(err)
	}
	go watcher.Run(ctx, 30*time.Second)

	// A codec takes it as it would take the ring.
	_, err = watcher.Ring().Signer(time.Now())
	fmt.Println(err)
	// Output: <nil>
}

// A program that is told when its file was replaced, such as by a signal, need not wait
// for the next interval.
func ExampleWatcher_Refresh() {
	old, next := keys.Generate(), keys.Generate()
	ring, _ := keys.NewRing(time.Time{}, keys.Entry{Key: old})
	src := keys.SourceFunc(func(context.Context) (*keys.Ring, error) { return ring, nil })
	watcher, err := keys.NewWatcher(context.Background(), src, keys.WatcherOptions{
		OnChange: func(ring *keys.Ring) { fmt.Println(len(ring.Status(time.Now(), 0)), "keys") },
	})
	if err != nil {
		log.Fatal(err)
	}

	ring, _ = keys.NewRing(time.Time{}, keys.Entry{Key: old}, keys.Entry{Key: next, From: time.Now().Add(time.Hour).Truncate(time.Second)})
	fmt.Println(watcher.Refresh(context.Background()))
	// Output:
	// 2 keys
	// <nil>
}

// Whether a key may go: no cookie has borne it for long.
func ExampleWatcher_Sightings() {
	old, next := keys.Generate(), keys.Generate()
	ring, _ := keys.NewRing(time.Time{}, keys.Entry{Key: old}, keys.Entry{Key: next, From: time.Now().Add(-time.Hour).Truncate(time.Second)})
	src := keys.SourceFunc(func(context.Context) (*keys.Ring, error) { return ring, nil })
	watcher, err := keys.NewWatcher(context.Background(), src, keys.WatcherOptions{})
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		watcher.Seen(next.ID()) // the codec does it for each session
	}
	for _, s := range watcher.Sightings() {
		fmt.Println("old:", s.ID == old.ID(), "seen:", s.Count, "never:", s.Last.IsZero())
	}
	// Output:
	// old: true seen: 0 never: true
	// old: false seen: 3 never: false
}

// A secret manager, or any other place.
func ExampleSourceFunc() {
	fetch := func(context.Context) (string, error) { return keys.Generate().Reveal(), nil }

	var src keys.Source = keys.SourceFunc(func(ctx context.Context) (*keys.Ring, error) {
		text, err := fetch(ctx)
		if err != nil {
			return nil, err
		}
		return keys.ParseRing(text)
	})
	_, err := src.Load(context.Background())
	fmt.Println(err)
	// Output: <nil>
}
