package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestCapacity: one line more does not fit.
func TestCapacity(t *testing.T) {
	for _, s := range []subject{newOurs(oursSigned), newGorilla(gorillaSigned)} {
		n := int(capacity(s, 1))
		fits := func(n int) bool {
			value, _, err := cookieOf(s, &payload{name: "capacity", value: cartOf(0, n)})
			return err == nil && len(value)+len(cookieName) <= cookieMax
		}
		assert.True(t, fits(n), s.name())
		assert.False(t, fits(n+1), s.name())
	}
	assert.Equal(t, cartLines(1, 3), cartLines(1, 9)[:3])
}
