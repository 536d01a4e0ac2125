package main

import "net/http"

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", shop)
	mux.HandleFunc("GET /cart", showCart)
	mux.HandleFunc("POST /cart/add", addToCart)
	mux.HandleFunc("POST /cart/quantity", changeQuantity)
	mux.HandleFunc("POST /cart/remove", removeFromCart)
	mux.HandleFunc("POST /cart/note", writeNote)

	mux.HandleFunc("GET /signin", showSignIn)
	mux.HandleFunc("POST /signin", signIn)
	mux.HandleFunc("POST /signout", signOut)
	mux.HandleFunc("GET /signed-out", signedOut)

	mux.HandleFunc("GET /cookies", showCookieTest)
	mux.HandleFunc("POST /cookies", startCookieTest)
	mux.HandleFunc("GET /cookies/check", checkCookieTest)

	mux.HandleFunc("POST /set", setValue)
	mux.HandleFunc("POST /delete", deleteValue)
	mux.HandleFunc("POST /renew", renew)
	mux.HandleFunc("POST /flush", signOut)

	mux.HandleFunc("GET /api/session", apiGet)
	mux.HandleFunc("PUT /api/session/{key}", apiPut)
	mux.HandleFunc("DELETE /api/session/{key}", apiDelete)
	mux.HandleFunc("POST /api/session/flush", apiFlush)
	mux.HandleFunc("POST /api/session/renew", apiRenew)

	// These two do not touch the session, so any cache may keep them.
	mux.HandleFunc("GET /about", about)
	mux.HandleFunc("GET /style.css", style)
	return mux
}
