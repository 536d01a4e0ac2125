//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd)

package main

// lock does nothing where directories cannot be locked.
func lock(string, func()) (unlock func(), err error) { return func() {}, nil }
