// Package pack rewrites a CBOR item (RFC 8949) into a smaller one, and back,
// bit for bit. The item as the application encoded it is called plain, the
// rewritten one packed: Unpack(Pack(x)) == x for every x that Pack accepts.
//
// Packing is a walk over the item. What is not named here stays as it is,
// with its head, and its content is packed:
//
//	plain                                        packed
//	text  canonical UUID                         37(bytes of 16)
//	text  lower-case hex, even length            108(bytes)
//	text  base64url, unpadded, canonical         21(bytes)
//	text  base64, padded, canonical              22(bytes)
//	text  base64url segments joined by dots      225([1*8 bytes])
//	float of 64 bits, a short decimal            4([exponent, mantissa])
//	0(text "YYYY-MM-DDTHH:MM:SSZ")               1(integer, Unix seconds)
//	map key, a text in the table of names        unsigned integer, its index
//	map key, an unsigned integer                 224(unsigned integer)
//	tag 1, 4, 21, 22, 37, 108, 224 to 227        224(tag, content packed)
//
// The number under an escaped tag 1 is left as it is, for the reader checks it.
//
// Tags go by number, in whatever form their heads are written. A text, or a
// tag 0, is rewritten only if its head is in the shortest form; heads that
// packing makes always are. A rewritten text always has its shortest head in
// the plain form. Which texts are rewritten is the writer's choice, and the
// rules for that are in text.go. The reader takes any of them.
//
// Reader and writer refuse alike, of the plain form:
//
//   - what is not well-formed, and bytes after the item
//   - indefinite lengths
//   - a text that is not UTF-8
//   - more than 32 levels of arrays, maps and tags, where the first of
//     several adjacent tags is not counted
//   - two keys of one map with the same bytes
//   - tag 0 around anything but an RFC 3339 text with capital T and Z and no
//     leap second; tag 1 around anything but an integer or float that, cut to
//     whole seconds, fits 64 bits with sign; tags 2 and 3 around anything but
//     a byte string
//
// The reader refuses also, of the packed form: an index beyond the table; tag
// 37 around anything but 16 bytes; tags 21, 22 and 108 around anything but a
// byte string; tag 225 around anything but an array of one to eight byte
// strings; tag 4 around anything but an array of two integers, the first from
// -22 to 0, the second at most 2^53 in magnitude; tag 1 around anything but an
// integer in the years 0000 to 9999;
// tag 224 around anything but the two cases above; tags 226 and 227. Those two
// belong to the layer above, which strips them before it calls.
//
// Memory grows with bytes that were read, never with a length that was stated.
package pack
