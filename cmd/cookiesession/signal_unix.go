//go:build unix

package main

import (
	"os"
	"syscall"
	"time"
)

// endings are the signals that end the program.
var endings = []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM}

// raise does what a signal would have done.
func raise(s os.Signal) {
	_ = syscall.Kill(os.Getpid(), s.(syscall.Signal))
	time.Sleep(100 * time.Millisecond) // another thread may be the one that gets it
}
