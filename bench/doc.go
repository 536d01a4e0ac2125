// Command bench measures the library side by side with its peers: time,
// allocations, bytes on the wire, and how much fits one cookie.
//
//	go run .            everything, in a few minutes
//	go run . -format    what the parts of the cookie's format are worth
//	go test -bench .    the same cases as Go benchmarks
//
// Times of a shared machine move from hour to hour. What counts are ratios to
// a peer of the same run: the subjects take turns in rounds, each round gives
// one ratio, and the median of the rounds is what is printed. The raw samples
// go to a file that benchstat reads.
//
// # What is compared
//
// A session is a dictionary of what encoding/json gives for a payload, but
// whole numbers are int: what a program would put there. Every library gets
// the same dictionary, through the calls that its documentation shows first,
// with the cookie's name and attributes the same for all. Limits that a library
// sets on the cookie's length are lifted where it can be done, so that time is
// measured on sessions that would not fit, too; sizes above 4096 are marked.
//
// "End to end" is a request with the cookie, the handler, and the response,
// without a network, and without the server's parsing of the request.
//
// Floors stand beside the peers. The parts alone are what no session in a cookie
// of our format can do without: a value in the context; base64, and the tag or the
// cipher, of the same cookie; DEFLATE where the library's cookie has it; the line
// of the header. They know beforehand where everything stands, and make no
// session of it. How near the library comes to them is told at the end.
package main
