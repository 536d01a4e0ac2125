package main

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAxis(t *testing.T) {
	now := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	for _, tt := range []struct {
		name    string
		after   []time.Duration // from now
		breaks  int
		visible bool // the shortest stretch is as wide as it must be
	}{
		{"now alone", nil, 0, true},
		{"a rotation", []time.Duration{2 * day, 16 * day}, 0, true},
		{"keys years apart", []time.Duration{-2000 * day, -1986 * day, 2 * day, 16 * day}, 1, true},
		{"a second apart", []time.Duration{time.Second, 14 * day, 15 * day}, 0, true},
		{"nothing but seconds", []time.Duration{time.Second, 2 * time.Second}, 0, true},
		{"too many", slices.Collect(func(yield func(time.Duration) bool) {
			for i := range 100 {
				yield(time.Duration(i*i) * day)
			}
		}), 98, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			instants := []time.Time{now, {}}
			for _, d := range tt.after {
				instants = append(instants, now.Add(d))
			}
			const least = 0.03
			a := newAxis(instants, least)
			assert.True(t, slices.IsSorted(a.places))
			assert.Len(t, a.breaks(), tt.breaks)
			if len(a.places) == 1 {
				return
			}
			assert.InDelta(t, margin, a.places[0], 1e-9)
			assert.InDelta(t, 1-margin, a.places[len(a.places)-1], 1e-9)
			for i := range len(a.places) - 1 {
				if tt.visible && a.instants[i+1].Sub(a.instants[i]) > together {
					assert.GreaterOrEqual(t, a.places[i+1]-a.places[i], least*0.999)
				}
			}
		})
	}
}

func TestPicturesOfManyRings(t *testing.T) {
	for _, text := range []string{
		"{A}\n",
		"{A} revoked\n",
		"{A} 2030-01-01T00:00:00Z\n",
		"{A}\n{B} 2026-09-01T00:00:00Z\n",
		"{A} 1970-01-01T00:00:00Z\n{B} 9999-12-31T23:59:59Z\n{C} 2026-09-01T00:00:01Z revoked\nnot-before 2026-09-01T00:00:00Z\n",
	} {
		for _, width := range []string{"1", "40", "80", "300"} {
			t.Setenv("COLUMNS", width)
			var out, errOut bytes.Buffer
			status := run([]string{"keys", "list", "-", "--at", "2026-09-01T00:00:00Z"}, &console{in: strings.NewReader(filled(text)), out: &out, err: &errOut})
			require.Zero(t, status, errOut.String())
			assert.NotContains(t, out.String(), "cs1_")
			assert.NotContains(t, out.String(), "\x1b")
		}

		var out, errOut bytes.Buffer
		status := run([]string{"keys", "list", "-", "--svg", "--at", "2026-09-01T00:00:00Z"}, &console{in: strings.NewReader(filled(text)), out: &out, err: &errOut})
		require.Zero(t, status, errOut.String())
		assert.NotContains(t, out.String(), "NaN")
		elements := 0
		for d := xml.NewDecoder(&out); ; elements++ {
			if _, err := d.Token(); err == io.EOF {
				break
			} else {
				require.NoError(t, err)
			}
		}
		assert.Greater(t, elements, 20)
	}
}

func TestColors(t *testing.T) {
	path, f := ringIn(t, "{A}\n{B} 2026-08-01T00:00:00Z\n{C} 2026-07-01T00:00:00Z revoked\n")
	require.NotEmpty(t, path)
	now := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	layout := func(least float64) timeline {
		return newTimeline(f.ring.Status(now, time.Hour), time.Time{}, now, least)
	}
	colored, plain := newChart(layout, 80, true).String(), newChart(layout, 80, false).String()
	assert.Contains(t, colored, "\x1b[32m█\x1b[0m")
	for _, c := range looks {
		colored = strings.ReplaceAll(colored, c.color, "")
	}
	assert.Equal(t, plain, strings.ReplaceAll(colored, reset, ""))
}
