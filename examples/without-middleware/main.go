// Without-middleware is a function as serverless platforms call it: one
// http.HandlerFunc, no server of its own. It loads the session and saves it
// by itself.
//
// SESSION_KEYS is the key ring. All instances of the function have the same.
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

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/middleware"
)

// open makes the sessions once in the life of an instance, at its first request.
var open = sync.OnceValues(newSessions)

func newSessions() (*middleware.Sessions, error) {
	ring, err := keys.Env("SESSION_KEYS").Load(context.Background())
	if err != nil {
		return nil, err
	}
	codec, err := cookiesession.NewCodec(ring, cookiesession.Options{})
	if err != nil {
		return nil, err
	}
	return middleware.New(codec, middleware.Options{})
}

// Handler is the function. It counts the visits and remembers a note.
func Handler(w http.ResponseWriter, r *http.Request) {
	sessions, err := open()
	if err != nil {
		log.Print(err)
		http.Error(w, "The sessions are not set up.", http.StatusInternalServerError)
		return
	}
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
