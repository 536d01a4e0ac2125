package main

import (
	"os"
	"os/signal"
)

// heldOff does something that a signal must not cut short. One that comes
// meanwhile takes effect after it.
func heldOff(do func() error) error {
	came := make(chan os.Signal, 1)
	signal.Notify(came, endings...)
	err := do()
	signal.Stop(came)
	select {
	case s := <-came:
		raise(s)
	default:
	}
	return err
}
