package main

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A span is a duration. In arguments it may have days: 36h, 14d, 1d12h.
type span time.Duration

var days = regexp.MustCompile(`^(-?)(\d{1,5})d([^+-]*)$`)

// longest is in days. Twice as many still fit a Duration.
const longest = 50_000

// UnmarshalText reads a span.
func (s *span) UnmarshalText(text []byte) error {
	sign, rest, whole := "", string(text), 0
	if m := days.FindStringSubmatch(rest); m != nil {
		if sign, rest = m[1], m[3]; rest == "" {
			rest = "0s"
		}
		whole, _ = strconv.Atoi(m[2])
	}
	d, err := time.ParseDuration(rest)
	if err != nil || whole > longest || d.Abs() > longest*24*time.Hour {
		return errors.New("not a duration: write 90m, 48h or 14d")
	}
	d += time.Duration(whole) * 24 * time.Hour
	if sign != "" {
		d = -d
	}
	*s = span(d)
	return nil
}

// String is the shortest way to write it in hours, minutes and seconds.
func (s span) String() string {
	text := time.Duration(s).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func (s span) mustBePositive(flag string) error {
	if s <= 0 {
		return usagef("%s %v: it must be more than zero", flag, s)
	}
	return nil
}

// fromNow says how far t lies from now, for people: in 2d, 3h 20m ago.
func fromNow(t, now time.Time) string {
	d := t.Sub(now)
	switch {
	case d.Abs() < time.Second:
		return "now"
	case d < 0:
		return rough(-d) + " ago"
	}
	return "in " + rough(d)
}

// rough is a duration in its largest unit, and in the next one where it is short.
func rough(d time.Duration) string {
	units := []struct {
		size time.Duration
		name string
	}{{365 * 24 * time.Hour, "y"}, {24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}}
	for i, unit := range units {
		if d < unit.size {
			continue
		}
		n := d / unit.size
		text := strconv.Itoa(int(n)) + unit.name
		if n < 10 && i+1 < len(units) {
			next := units[i+1]
			if rest := d % unit.size / next.size; rest > 0 {
				text += " " + strconv.Itoa(int(rest)) + next.name
			}
		}
		return text
	}
	return "0s"
}

// stamp writes an instant as rings do.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// when writes an instant, and how far it lies from now.
func when(t, now time.Time) string { return stamp(t) + " (" + fromNow(t, now) + ")" }

// roundUp is the first whole second not before t.
func roundUp(t time.Time) time.Time {
	whole := t.UTC().Truncate(time.Second)
	if whole.Before(t) {
		whole = whole.Add(time.Second)
	}
	return whole
}
