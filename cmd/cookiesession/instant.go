package main

import (
	"errors"
	"time"
)

// An instant is a time in an argument. The zero one was not given.
type instant struct{ time time.Time }

// UnmarshalText reads an instant.
func (i *instant) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return errors.New("not an instant: write 2026-09-01T12:00:00Z")
	}
	if t.UTC().Year() < 1970 {
		return errors.New("before the year 1970: write an instant such as 2026-09-01T12:00:00Z")
	}
	i.time = t.UTC()
	return nil
}

// orNow is the instant that a command works at.
func (i instant) orNow() time.Time {
	if i.time.IsZero() {
		return time.Now().UTC()
	}
	return i.time
}
