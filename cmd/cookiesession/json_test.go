package main

import (
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestJSON(t *testing.T) {
	large, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	for _, tt := range []struct {
		value any
		want  string
	}{
		{nil, `null`},
		{"<a&b>", `"<a&b>"`},
		{"\x1b\x7f\u0080\u009b\u2028\u202e\U000e0001é\n", `"\u001b\u007f\u0080\u009b\u2028\u202e\udb40\udc01é\n"`},
		{large, `123456789012345678901234567890`},
		{math.Inf(-1), `"-Inf"`},
		{[]byte{0xff, 0xfe}, `"//4="`},
		{map[any]any{int64(1): []any{math.NaN(), []byte{}}, "x": 1.5}, `{"1":["NaN",""],"x":1.5}`},
		{map[string]any{"\u009b": true}, `{"\u009b":true}`},
		{time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), `"2026-09-01T00:00:00Z"`},
		{make(chan int), ``},
	} {
		got := jsonOf(plain(tt.value), "")
		if tt.want == "" {
			assert.NotEmpty(t, got) // what JSON cannot hold is no panic
			continue
		}
		assert.Equal(t, tt.want, got)
	}
}
