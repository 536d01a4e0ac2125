package main

import (
	"crypto/sha256"
	"encoding/gob"
	"net/http"
	"time"
)

// An act is what a handler does with the session.
type act int

const (
	create    act = iota // puts the whole payload into a new session
	untouched            // leaves the session alone
	readOne              // reads one value
	readAll              // reads every value
	writeOne             // reads one value, changes one, and saves
)

// A job is what the handler works with. Handlers check that they got what they
// should, so that nothing is measured that failed.
type job struct {
	*payload
	hear func(key string, value any) // hears of every value that is read, unless nil
}

func (j *job) heard(key string, value any) {
	if j.hear != nil {
		j.hear(key, value)
	}
}

// heardText is heard without an interface around the text where nobody listens: it would be an
// allocation of the harness.
func (j *job) heardText(key, text string) {
	if j.hear != nil {
		j.hear(key, text)
	}
}

// A subject is one way to keep a session.
type subject interface {
	name() string
	// handler serves requests through the library. With an invalid cookie it
	// goes on with an empty session, as programs do.
	handler(act, *job) http.Handler
}

// A coder is a subject that can make a session of a cookie's value and back,
// without HTTP: all values at once.
type coder interface {
	subject
	encode(map[string]any) (string, error)
	decode(string) (map[string]any, error)
}

// The subjects' names, as benchmarks have them.
const (
	oursSigned          = "ours-signed"
	oursEncrypted       = "ours-encrypted"
	gorillaSigned       = "gorilla-signed"
	gorillaEncrypted    = "gorilla-encrypted"
	securecookieSigned  = "securecookie-json-signed"
	securecookieEncrypt = "securecookie-json-encrypted"
	jwtHS256            = "jwt-hs256"
	scsMemory           = "scs-memory"
	plainCookie         = "plain-cookie"
	contextOnly         = "context-only"
	nothing             = "no-cookie"

	partsSigned             = "parts-signed"
	partsSignedKlauspost    = "parts-signed-klauspost"
	partsEncrypted          = "parts-encrypted"
	partsEncryptedKlauspost = "parts-encrypted-klauspost"
)

func newSubjects() []subject {
	return []subject{
		newOurs(oursSigned), newOurs(oursEncrypted),
		newGorilla(gorillaSigned), newGorilla(gorillaEncrypted),
		newSecurecookie(securecookieSigned), newSecurecookie(securecookieEncrypt),
		newJWT(), newSCS(), plainCookies{}, contexts{}, bare{},
		newParts(partsSigned), newParts(partsSignedKlauspost), newParts(partsEncrypted), newParts(partsEncryptedKlauspost),
	}
}

// oursFor is which of ours a subject is compared with: that of its protection.
func oursFor(name string) string {
	switch name {
	case oursEncrypted, gorillaEncrypted, securecookieEncrypt, partsEncrypted, partsEncryptedKlauspost:
		return oursEncrypted
	}
	return oursSigned
}

// titles are the subjects' names for people.
var titles = map[string]string{
	oursSigned:          "cookiesession, signed",
	oursEncrypted:       "cookiesession, encrypted",
	gorillaSigned:       "gorilla/sessions, signed",
	gorillaEncrypted:    "gorilla/sessions, signed and encrypted",
	securecookieSigned:  "gorilla/securecookie JSON, signed",
	securecookieEncrypt: "gorilla/securecookie JSON, encrypted",
	jwtHS256:            "golang-jwt, HS256",
	scsMemory:           "scs, memory store (server-side)",
	partsSigned:         "floor: the parts alone, signed",
	partsEncrypted:      "floor: the parts alone, encrypted",
	plainCookie:         "floor: net/http, plain cookie",
	contextOnly:         "floor: one context value",
	nothing:             "floor: no cookie work",
}

// One name and one set of attributes for all. 4096 is what browsers allow for
// name and value.
const (
	cookieName = "__Host-session"
	cookieMax  = 4096
	lifetime   = 14 * 24 * time.Hour
)

// secret gives each use a key of 32 bytes of its own, always the same.
func secret(use string) []byte {
	sum := sha256.Sum256([]byte("bench " + use))
	return sum[:]
}

// newCookie is the cookie of those libraries that leave it to the program.
func newCookie(value string) *http.Cookie {
	return &http.Cookie{
		Name: cookieName, Value: value, Path: "/", MaxAge: int(lifetime / time.Second),
		HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode,
	}
}

var ok = []byte("ok")

func reply(w http.ResponseWriter) { _, _ = w.Write(ok) }

// replyError answers what should not happen; the exchange sees the status.
func replyError(w http.ResponseWriter, err error) {
	http.Error(w, err.Error(), http.StatusInternalServerError)
}

func init() {
	// What stands in an interface, gob wants to know by name.
	gob.Register(map[string]any{})
	gob.Register([]any{})
}
