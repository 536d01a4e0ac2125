// Package middleware carries sessions over HTTP: it finds the cookie in the
// request, puts the session into the context, and writes the cookie before
// the first byte of the response leaves.
//
// Nine of ten programs need this much of it:
//
//	codec, err := cookiesession.NewCodec(ring, cookiesession.Options{})
//	sessions, err := middleware.New(codec, middleware.Options{})
//	http.ListenAndServe(addr, sessions.Handler(mux))
//
// and in a handler
//
//	s := cookiesession.FromContext(r.Context())
//
// # When the cookie is written
//
// Once, just before the first final byte: at the handler's first WriteHeader,
// Write, WriteString, ReadFrom or Flush, or when it returns. Informational
// responses (1xx) pass before that, but for 101, which is final. Nothing is
// buffered: streaming, server-sent events, sendfile and websockets work as
// without the middleware.
//
// It is written only if the session was changed, or if it was looked at and
// is past half of its idle time. It is not written with a status of 500 or
// above, nor after a panic ([Options].OnSkip hears of it), but a session that
// was flushed or emptied is deleted from the client at every status. A change
// that comes after the first byte cannot reach the client any more:
// [Options].OnLate hears of it. A hijacked connection is the handler's own;
// nothing is written to it.
//
// If the session cannot be written, because it is too large, holds a value
// that could not be encoded, or no key signs, [Options].OnError answers in
// place of the handler, and the handler's writes return the error. The client
// keeps the cookie it has. A session that was only read, and whose idle time
// cannot be renewed, costs nobody the page: [Options].OnSkip hears of it.
//
// A cookie that does not open is no error: the session starts empty, and
// [Options].OnReject hears why.
//
// # Caches
//
// A response whose handler looked at the session gets "Vary: Cookie", and
// "Cache-Control: private" if the handler set none. One that sets or deletes
// the cookie gets "Cache-Control: private, no-cache" ("no-store" is kept), and
// the headers that speak to shared caches alone are removed, since some of
// these ignore Vary. A response that has nothing to do with the session is
// left as it is.
//
// # Compatibility
//
// What is exported here stays, and the rules above with it, under every 1.x.
package middleware
