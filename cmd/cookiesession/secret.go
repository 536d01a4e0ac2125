package main

import "regexp"

// What looks like a key, or like a key or a cookie.
var (
	keyLike    = regexp.MustCompile(`cs1_[A-Za-z0-9_-]{8,}`)
	surelyKey  = regexp.MustCompile(`cs1_[A-Za-z0-9_-]{16}`)
	secretLike = regexp.MustCompile(`[A-Za-z0-9_-]{40,}`)
)

// masked hides keys that were pasted where an ID or a file was expected.
func masked(text string) string { return keyLike.ReplaceAllString(text, "cs1_…") }

// maskedAll hides also what may be a cookie, or a key that was cut.
func maskedAll(text string) string { return secretLike.ReplaceAllString(masked(text), "…") }

// notAKey refuses an argument that has a key in it.
func notAKey(what, text string) error {
	if surelyKey.MatchString(text) {
		return usagef("%s has a secret key in it (cs1_…). Now the shell's history has it, and whoever listed the processes: "+
			"if the key is in use, replace it", what)
	}
	return nil
}
