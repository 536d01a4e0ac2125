// Package cookiesession keeps sessions in the client's cookie, whole: no
// store, no database. A [Session] is a dictionary; a [Codec] serializes,
// packs, compresses and signs or encrypts it with a key ring, and reads it
// back on any instance that has the ring.
//
// Handlers get their session from the middleware:
//
//	s := cookiesession.FromContext(r.Context())
//	s.Set("user_id", id)
//	name := s.GetString("name")
//
// and a typed key is declared once:
//
//	const Cart = cookiesession.Field[[]Item]("cart")
//
//	err := Cart.Update(s, func(items *[]Item) error {
//		*items = append(*items, item)
//		return nil
//	})
//
// # The life of a session
//
// A session is opened at the first look. It gets its ID when the first value
// is set. It is written when it was changed, and when it was looked at after
// half of its idle time; [Codec.Seal] decides. It ends at the earliest of its
// limits: [Options].Lifetime after its creation, [Options].Idle after it was
// last touched, and its own, which [Session.ExpireAfter] and
// [Session.ExpireAt] set. All of them stand inside the cookie, authenticated,
// and are enforced on the server.
//
// Call [Session.Renew] at sign-in and [Session.Flush] at sign-out. Mind what
// a cookie cannot do: the server does not know old copies, so one that was
// stolen works until it expires or its key is revoked. SECURITY.md says what
// that means and what to do about it.
//
// # Values
//
// Values are CBOR (RFC 8949). Set encodes at once and refuses what could not be
// read back; [Session.Get] says what comes back for what. Sessions are small:
// name and value of a cookie together may take 4093 bytes, and all keys and
// values 65,536 bytes before packing and compression. [Session.Size] tells
// what each key costs; a [*TooLargeError] does, when it was too much.
//
// # Errors
//
// A cookie that does not open is never an error to the user: the session
// starts empty, and [Session.Rejected] has the reason, which wraps
// [ErrInvalid]. A value that cannot be kept is: saving fails, and the client
// keeps the cookie it had.
//
// # Compatibility
//
// SPEC.md describes the format. Version 1 is final: its cookies open under every 1.x, and
// a test refuses any change.
package cookiesession
