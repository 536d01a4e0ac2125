// Package keys holds the secret keys that sign or encrypt session cookies.
// A [Ring] is a timeline of keys: every instance that has the same ring knows, from the clock
// alone, which key signs now.
//
// Most programs need one call:
//
//	ring, err := keys.Env("SESSION_KEYS").Load(ctx)
//
// and those whose keys change while they run two:
//
//	watcher, err := keys.NewWatcher(ctx, keys.File(path), keys.WatcherOptions{})
//	go watcher.Run(ctx, 30*time.Second)
//
// During development [FileOrNew] makes the key, too. What uses keys takes a [Ringer], which
// both a [*Ring] and a [*Watcher] are.
//
// # Text form
//
// A key is written as cs1_ and 48 characters; see [ParseKey] for what they are. A ring of
// one key is that text and a line end, no more. A longer ring has one key a line:
//
//	# cookiesession key ring
//	not-before 2026-03-01T00:00:00Z
//	KEY
//	KEY 2026-09-01T00:00:00Z             # signs from this instant
//	KEY 2026-08-01T00:00:00Z revoked     # neither signs nor verifies
//	# end 3
//
// The order of the lines means nothing. Between words stand spaces or tabs. A comment goes from
// a # to the end of its line. Lines end in LF or CR LF. Instants are RFC 3339, in whole seconds;
// a key without one signs since ever. If there are several not-before lines, the latest counts.
// A UTF-8 byte order mark at the start is skipped.
//
// The last line above is the end mark. Its number counts the keys, the revoked ones included.
// If there is an end mark, it must be right, and the last line. If the first line
// is exactly the header above, there must be an end mark. [Ring.Reveal] writes
// both, so a file that is cut off, at whatever place, is an error and never another valid ring.
// In a file, the last line must have its line end, for the same reason. A file of several lines
// written by hand, with no header and no end mark, cannot be told from a whole one if it is cut
// exactly between two lines: give it the header.
//
// A text without any line end, such as an environment variable, separates the same
// statements with commas. It has no comments, and so no end mark:
//
//	SESSION_KEYS="KEY,KEY 2026-09-01T00:00:00Z,not-before 2026-03-01T00:00:00Z"
//
// # Rotation
//
// The signer is the newest key, not revoked, whose instant has passed. All keys that are not
// revoked verify, also those whose instant lies ahead. Two keys that could both
// be the signer are an error, never a guess.
//
// So a rotation is an edit, and the clock does the rest:
//
//  1. Add a key whose instant lies ahead by more than the longest time that any instance
//     takes to load the new ring, plus [Skew]. If all follow a file with a [Watcher] and an
//     interval of 30 seconds, that is six minutes, and an hour leaves room for mistakes. If a new
//     ring needs a new deployment, it is some days.
//  2. Wait. At the instant all instances sign with the new key. Those with a fast clock
//     do so a little earlier; the others know the key already.
//  3. Remove the old key once [Ring.Status] calls it retired. That is the instant of the new key,
//     plus the longest lifetime of a session, plus Skew. With sessions of 14 days, a key
//     overtaken on September 1 at 00:00 retires on September 15 at 00:05. [Watcher.Sightings]
//     tells whether it is still seen.
//
// An instance that gets the new key only after its instant refuses, until then, the
// cookies that others sign with it, and users may lose their sessions. So leave room. A Watcher
// looks for a key that a cookie bears and its ring does not have, which mends most of
// what was scheduled too close: see [Watcher.Missing].
//
// # Following a source
//
// A [Watcher] holds the last good ring through whatever happens to its source, and
// says once that loads fail and once that they work again. The two hazards:
//
//   - An instance that is cut off from its source goes on with what it has. Watch the age that
//     [Watcher.Loaded] tells, or set [WatcherOptions].MaxAge.
//   - Where the process is frozen between requests, as in a function, Run stands still too. Set
//     [WatcherOptions].RefreshAfter: the first request after that loads before it signs, if
//     the source answers within 2 seconds. Set MaxAge for the case that it does not.
//
// # A leaked key
//
// Two statements answer a leak:
//
//   - The word revoked after a key: cookies that bear it are refused from the next load on. A
//     revocation always applies, and a Watcher remembers it. If it leaves no key to sign with,
//     the ring is still valid, and [Ring.Signer] says [ErrNoSigner]; if an older key is left, that
//     one signs again. So add a new key in the same edit, with an instant that has passed.
//     Alone it does not answer a leak, as a cookie that was made under the key may have been
//     sealed again under another.
//   - The line not-before: from the instant on, sessions created before it are refused, whatever key
//     they bear. It signs everyone out. The ring carries it in [Ring.NotBefore]; who opens
//     sessions applies it. Alone it does not answer a leak either, as whoever has the key can date a
//     session as they like, up to [Skew] ahead of an instance whose clock may be fast by as
//     much. So let the instant lie behind the last load of the revocation by two times Skew.
//
// Keep the revoked line, rather than delete it: it says why, and [Ring.Lookup] says
// [ErrRevoked] and not [ErrUnknown].
//
// # What is kept secret
//
// A [Key] and a [Ring] print as their IDs with every verb of fmt, in log/slog, and in JSON, gob and
// other encodings. Secrets and what [Derived] keeps cannot be reached by reflection either, so
// dumps of a struct that holds a key in an unexported field do not show them. The
// methods named Reveal do. Error texts never repeat a word of the text that
// was read. The secrets are in the memory of the process, though: a core
// dump or a debugger shows them.
//
// # Sources
//
// Subkeys and IDs: HKDF with SHA-256, RFC 5869. Instants: RFC 3339. Text of keys:
// base64url, RFC 4648 §5. The text forms, the derivation of IDs and that of subkeys will not change.
package keys
