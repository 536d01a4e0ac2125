package keystest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/keys/keystest"
)

func ExampleKey() {
	fmt.Println(keystest.Key("old"))
	// Output: keys.Key(1e5e06c4)
}

// What a program does while its secret manager is down.
func ExampleSource() {
	ring, err := keys.ParseRing(keystest.Text("old", "new 2026-09-01T00:00:00Z"))
	if err != nil {
		panic(err)
	}
	src := keystest.NewSource(ring)
	watcher, err := keys.NewWatcher(context.Background(), src, keys.WatcherOptions{
		OnFailure:  func(err error) { fmt.Println("failure:", err) },
		OnRecovery: func(time.Time) { fmt.Println("recovery") },
	})
	if err != nil {
		panic(err)
	}

	src.Fail(errors.New("the secret manager is down"))
	for range 3 {
		watcher.Refresh(context.Background())
	}
	fmt.Println(watcher.Ring() == ring)
	src.Fail(nil)
	watcher.Refresh(context.Background())
	// Output:
	// failure: the secret manager is down
	// true
	// recovery
}
