package main

import "github.com/cookiesession/go/keys"

// signerOf is the key that signs now.
func signerOf(all []keys.Status) (keys.Status, bool) {
	for _, s := range all {
		if s.State == keys.Signing {
			return s, true
		}
	}
	return keys.Status{}, false
}
