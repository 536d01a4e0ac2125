// Without-middleware is a function as serverless platforms call it: one
// http.HandlerFunc, no server of its own. It loads the session and saves it
// by itself, and follows its key ring without a goroutine: a platform freezes
// an instance between two requests, for seconds or for days.
//
// SESSION_KEYS_FILE is the path of the key ring, such as a secret that the platform
// mounts; or SESSION_KEYS is the ring itself. All instances of the function have the
// same.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/middleware"
)

// An instance is what one instance of the function keeps from its first request on.
type instance struct {
	mu       sync.Mutex
	sessions *middleware.Sessions
}

// open returns the sessions. Where they cannot be made, because the secret is
// not to be had at this moment, the next request tries again.
func (i *instance) open() (*middleware.Sessions, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.sessions != nil {
		return i.sessions, nil
	}
	source := keys.Env("SESSION_KEYS")
	if path := os.Getenv("SESSION_KEYS_FILE"); path != "" {
		source = keys.File(path)
	}
	sessions, err := newSessions(context.Background(), source) // for all requests, not for this one
	if err == nil {
		i.sessions = sessions
	}
	return sessions, err
}

func newSessions(ctx context.Context, source keys.Source) (*middleware.Sessions, error) {
	// The first request after a thaw loads the ring before it signs anything. After
	// a week without a load nothing is signed any more: the key may be long gone
	// elsewhere, and the session with it.
	watcher, err := keys.NewWatcher(ctx, source, keys.WatcherOptions{
		RefreshAfter: time.Minute,
		MaxAge:       7 * 24 * time.Hour,
	})
	if err != nil {
		return nil, err
	}
	codec, err := cookiesession.NewCodec(watcher, cookiesession.Options{})
	if err != nil {
		return nil, err
	}
	return middleware.New(codec, middleware.Options{})
}

var function = new(instance)

// Handler is the function. It counts the visits and remembers a note.
func Handler(w http.ResponseWriter, r *http.Request) {
	sessions, err := function.open()
	if err != nil {
		log.Print(err)
		http.Error(w, "The sessions are not set up.", http.StatusInternalServerError)
		return
	}
	serve(sessions, w, r)
}

func serve(sessions *middleware.Sessions, w http.ResponseWriter, r *http.Request) {
	s := sessions.Load(r)
	s.Set("visits", s.GetInt("visits")+1)
	if r.Method == http.MethodPost {
		s.Set("note", r.PostFormValue("note"))
	}

	// Once, and before the first byte of the response. If it fails, nothing was
	// written: the client keeps the session that it had.
	if err := sessions.Save(w, r, s); err != nil {
		log.Print(err) // names the keys and their sizes, never a value
		if _, ok := errors.AsType[*cookiesession.TooLargeError](err); ok {
			http.Error(w, "The note is too long to be remembered.", http.StatusRequestEntityTooLarge)
			return
		}
		http.Error(w, "The session could not be saved.", http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(w, "visit %d, note %q\n", s.GetInt("visits"), s.GetString("note"))
}

// main serves the function on this machine; a platform calls Handler.
func main() {
	listener, err := net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8080"))
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("listening on http://%s", listener.Addr())
	log.Fatal(http.Serve(listener, http.HandlerFunc(Handler)))
}
