//go:build !unix

package main

import "os"

// endings are the signals that end the program.
var endings = []os.Signal{os.Interrupt}

// raise ends the program as a signal would have.
func raise(os.Signal) { os.Exit(failed) }
