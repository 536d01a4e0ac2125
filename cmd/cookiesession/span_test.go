package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSpan(t *testing.T) {
	for text, want := range map[string]string{
		"48h": "48h", "14d": "336h", "1d12h": "36h", "1d12h30m": "36h30m", "90m": "1h30m", "5m": "5m", "45s": "45s", "0s": "0s",
		"-1h": "-1h", "-1d6h": "-30h", "0d": "0s",
	} {
		var s span
		require.NoError(t, s.UnmarshalText([]byte(text)), text)
		assert.Equal(t, want, s.String(), text)
	}
	for _, text := range []string{"", "d", "5", "1d2d", "1.5d", "1w", "999999d", "106752d", "99999d99999h", "soon", "1d-2h", "1d5"} {
		var s span
		assert.Error(t, s.UnmarshalText([]byte(text)), text)
	}
}

func TestFromNow(t *testing.T) {
	now := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		0: "now", time.Millisecond: "now", time.Second: "in 1s", -90 * time.Second: "1m 30s ago",
		48 * time.Hour: "in 2d", 47 * time.Hour: "in 1d 23h", -10*time.Hour - time.Minute: "10h ago",
		15 * 24 * time.Hour: "in 15d", -400 * 24 * time.Hour: "1y 35d ago", 20 * 365 * 24 * time.Hour: "in 20y",
	} {
		assert.Equal(t, want, fromNow(now.Add(d), now))
	}
}

func TestRoundUp(t *testing.T) {
	whole := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	assert.Equal(t, whole, roundUp(whole))
	assert.Equal(t, whole.Add(time.Second), roundUp(whole.Add(1)))
}
