package keys

import (
	"strconv"
	"time"
)

// Skew is the difference between the clocks of two instances that is tolerated.
const Skew = 5 * time.Minute

// A State says what a key does at a given time.
type State uint8

const (
	Scheduled State = iota + 1 // its instant lies ahead; it verifies already
	Signing                    // it is the signer
	Accepting                  // a newer key has overtaken it; live sessions may still bear it
	Retired                    // no live session can bear it: it may be removed
	Revoked                    // it neither signs nor verifies
)

// String returns the name of the state in lower case.
func (s State) String() string {
	switch s {
	case Scheduled:
		return "scheduled"
	case Signing:
		return "signing"
	case Accepting:
		return "accepting"
	case Retired:
		return "retired"
	case Revoked:
		return "revoked"
	}
	return "State(" + strconv.Itoa(int(s)) + ")"
}

// MarshalText returns what [State.String] returns.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Status says where a key stands in the timeline of its ring.
type Status struct {
	ID    ID
	State State

	// From is the instant from which the key signs. Zero: since ever.
	From time.Time

	// Until is the instant of the next key not revoked. Zero: there is none, or this key is revoked.
	Until time.Time

	// Retires is Until plus the longest lifetime plus Skew. From then on no live session
	// can bear the key, if every instance has had the ring from before Until.
	// Zero: never, as things stand.
	Retires time.Time
}

// Status says of each key where it stands at the given time. The oldest key comes first.
//
// lifetime is the longest time that a session lives, over all that use the ring. If it is
// zero or less, it is taken as unlimited: then no key ever retires.
func (r *Ring) Status(now time.Time, lifetime time.Duration) []Status {
	all := make([]Status, len(r.entries))
	var next time.Time // the instant of the next key not revoked
	signed := false    // a newer key is the signer
	for i := len(r.entries) - 1; i >= 0; i-- {
		entry := r.entries[i]
		s := Status{ID: entry.Key.ID(), From: entry.From, State: Revoked}
		if !entry.Revoked {
			s.Until, next = next, entry.From
			if !s.Until.IsZero() && lifetime > 0 {
				// Not lifetime+Skew, which may overflow.
				s.Retires = s.Until.Add(lifetime).Add(Skew)
			}
			switch {
			case !entry.hasBegun(now):
				s.State = Scheduled
			case !signed:
				s.State = Signing
				signed = true
			case !s.Retires.IsZero() && !now.Before(s.Retires):
				s.State = Retired
			default:
				s.State = Accepting
			}
		}
		all[i] = s
	}
	return all
}
