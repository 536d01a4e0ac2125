package cookiesession

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/gorilla/securecookie"

	"github.com/cookiesession/go/cookiesession/internal/envelope"
)

// Protection is how a cookie is protected from its bearer.
type Protection uint8

const (
	// Signed keeps the bearer from changing a session; the bearer can read it.
	// HMAC-SHA-256 (RFC 2104), its tag cut to 16 bytes.
	Signed Protection = iota
	// Encrypted keeps the bearer from reading it, too.
	// XChaCha20-Poly1305, with a random nonce of 24 bytes.
	Encrypted
)

// String is "signed" or "encrypted".
func (p Protection) String() string {
	switch p {
	case Signed:
		return "signed"
	case Encrypted:
		return "encrypted"
	}
	return fmt.Sprintf("Protection(%d)", uint8(p))
}

// Compression is when DEFLATE (RFC 1951) is tried. It is kept only where it
// pays. Compressed length can tell about content: see SECURITY.md.
type Compression uint8

const (
	// CompressAuto deflates each value of 400 bytes or more by itself, so that text
	// which an attacker puts under one key shares nothing with a secret under
	// another. In a signed cookie it deflates all of them as one block, from 400 bytes
	// on, where that saves a twentieth more.
	CompressAuto Compression = iota
	// CompressIsolated deflates each value by itself, in signed cookies too.
	CompressIsolated
	// CompressOff deflates nothing.
	CompressOff
)

// Defaults and bounds of [Options].
const (
	defaultName     = "__Host-session"
	defaultLifetime = 14 * 24 * time.Hour
	defaultMaxSize  = 4093
	defaultWarnSize = 3600
	largestCookie   = 4096
	smallestCookie  = 256
)

// Options say how sessions become cookies. The zero value is the recommended
// policy. Instances that share sessions need the same Name, Realm and
// lifetimes; Protection, Compression and Serializer may differ among them.
type Options struct {
	// Name of the cookie. Default "__Host-session": browsers then insist on
	// Secure, on Path=/ and on no Domain, so that no sibling domain can plant
	// one. It is bound into the keys: a value moved to another name is forged.
	Name string
	// Protection of the cookies that are written. Default Signed. Both kinds
	// are always read, so it can be switched on a live fleet.
	Protection Protection
	// Lifetime is the absolute limit of a session, from its creation or its
	// last Renew. Default 14 days; negative: none, which needs Idle.
	Lifetime time.Duration
	// Idle is the limit on the time between two requests that touch the
	// session. Default none. A session that is only read is written again
	// once half of it has passed.
	Idle time.Duration
	// Realm separates deployments that share keys, for instance "staging" and
	// "production": a cookie of one is forged to the other. Up to 65535 bytes.
	Realm string
	// MaxSize is the most that name and value may take together, in bytes.
	// Default 4093, which every browser keeps; from 256 to 4096.
	MaxSize int
	// WarnSize is the size from which Seal reports a warning, which the
	// middleware's OnLarge hears of. Default 3600:
	// reverse proxies with 4 KiB for a header fail a little above. Negative: never.
	WarnSize int
	// Compression of the cookies that are written. Default CompressAuto.
	Compression Compression
	// Serializer encodes values instead of CBOR. Values written with another
	// one, or with none, are told apart. Default nil: CBOR (RFC 8949).
	Serializer securecookie.Serializer
	// InsecureAllowDowngrade lets a codec of Protection Signed write, readable,
	// what it opened encrypted. By default it writes that encrypted.
	InsecureAllowDowngrade bool
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// complete fills in the defaults and returns every mistake.
func (o Options) complete() (Options, error) {
	var errs []error
	wrong := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("cookiesession: Options."+format, args...))
	}
	if o.Name == "" {
		o.Name = defaultName
	}
	if !isToken(o.Name) {
		wrong("Name %q is not a cookie name (RFC 6265, section 4.1.1: letters, digits and !#$%%&'*+-.^_`|~)", o.Name)
	}
	if len(o.Name) > 128 {
		wrong("Name has %d bytes, more than 128", len(o.Name))
	}
	if o.Protection > Encrypted {
		wrong("Protection is %d; it is Signed or Encrypted", o.Protection)
	}
	if o.Lifetime == 0 {
		o.Lifetime = defaultLifetime
	}
	if o.Lifetime < 0 {
		o.Lifetime = 0 // from here on: none
		if o.Idle == 0 {
			wrong("Lifetime is off and Idle is not set: a session would live for ever; set one of them")
		}
	} else if o.Lifetime < time.Second {
		wrong("Lifetime %v is under a second", o.Lifetime)
	}
	if o.Idle < 0 || o.Idle > 0 && o.Idle < time.Second {
		wrong("Idle %v is under a second; 0 turns it off", o.Idle)
	}
	if o.Lifetime > 0 && o.Idle > o.Lifetime {
		wrong("Idle %v is longer than Lifetime %v, so it would never apply", o.Idle, o.Lifetime)
	}
	if len(o.Realm) > math.MaxUint16 {
		wrong("Realm has %d bytes, more than 65535", len(o.Realm))
	}
	if o.MaxSize == 0 {
		o.MaxSize = defaultMaxSize
	}
	if o.MaxSize < smallestCookie || o.MaxSize > largestCookie {
		wrong("MaxSize %d is not from %d to %d; browsers drop a larger cookie in silence", o.MaxSize, smallestCookie, largestCookie)
	}
	if o.WarnSize == 0 {
		o.WarnSize = min(defaultWarnSize, o.MaxSize)
	} else if o.WarnSize < 0 {
		o.WarnSize = math.MaxInt
	}
	if o.Compression > CompressOff {
		wrong("Compression is %d; it is CompressAuto, CompressIsolated or CompressOff", o.Compression)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, errors.Join(errs...)
}

// compression is what the options ask for in a cookie of protection p.
func (o *Options) compression(p envelope.Protection) envelope.Compression {
	switch {
	case o.Compression == CompressOff:
		return envelope.Stored
	case o.Compression == CompressIsolated || p == envelope.Encrypted:
		return envelope.Isolated
	}
	return envelope.Shared
}

func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c > 0x20 && c < 0x7f && !isSeparator(c):
		default:
			return false
		}
	}
	return s != ""
}

// isSeparator has the characters that RFC 9110, section 5.6.2 keeps out of tokens.
func isSeparator(c byte) bool {
	switch c {
	case '(', ')', '<', '>', '@', ',', ';', ':', '\\', '"', '/', '[', ']', '?', '=', '{', '}':
		return true
	}
	return false
}
