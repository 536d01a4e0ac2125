package keys_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/cookiesession/go/keys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStatus(t *testing.T) {
	const lifetime = 14 * 24 * time.Hour
	a, b, c := keyOf(t, "a"), keyOf(t, "b"), keyOf(t, "c")
	rotation := []keys.Entry{{Key: c, From: june}, {Key: a}, {Key: b, From: march}}
	retiresA := time.Date(2026, 3, 15, 0, 5, 0, 0, time.UTC)
	retiresB := time.Date(2026, 6, 15, 0, 5, 0, 0, time.UTC)
	states := func(first, second, third keys.State) []keys.Status {
		return []keys.Status{
			{ID: a.ID(), State: first, Until: march, Retires: retiresA},
			{ID: b.ID(), State: second, From: march, Until: june, Retires: retiresB},
			{ID: c.ID(), State: third, From: june},
		}
	}
	for _, tt := range []struct {
		name     string
		entries  []keys.Entry
		now      time.Time
		lifetime time.Duration
		want     []keys.Status
	}{
		{"one key", []keys.Entry{{Key: a}}, march, lifetime, []keys.Status{{ID: a.ID(), State: keys.Signing}}},
		{"one key, ahead", []keys.Entry{{Key: a, From: june}}, march, lifetime, []keys.Status{{ID: a.ID(), State: keys.Scheduled, From: june}}},

		{"two scheduled", rotation, march.Add(-1), lifetime, states(keys.Signing, keys.Scheduled, keys.Scheduled)},
		{"at the instant", rotation, march, lifetime, states(keys.Accepting, keys.Signing, keys.Scheduled)},
		{"before it retires", rotation, retiresA.Add(-1), lifetime, states(keys.Accepting, keys.Signing, keys.Scheduled)},
		{"when it retires", rotation, retiresA, lifetime, states(keys.Retired, keys.Signing, keys.Scheduled)},
		{"at the second instant", rotation, june, lifetime, states(keys.Retired, keys.Accepting, keys.Signing)},
		{"at the end", rotation, retiresB, lifetime, states(keys.Retired, keys.Retired, keys.Signing)},

		{"the next is revoked", []keys.Entry{{Key: a}, {Key: b, From: march, Revoked: true}, {Key: c, From: june}}, sept, lifetime, []keys.Status{
			{ID: a.ID(), State: keys.Retired, Until: june, Retires: retiresB},
			{ID: b.ID(), State: keys.Revoked, From: march},
			{ID: c.ID(), State: keys.Signing, From: june},
		}},
		{"the newest is revoked", []keys.Entry{{Key: a}, {Key: b, From: march, Revoked: true}}, sept, lifetime, []keys.Status{
			{ID: a.ID(), State: keys.Signing},
			{ID: b.ID(), State: keys.Revoked, From: march},
		}},
		{"a revoked one ahead", []keys.Entry{{Key: a}, {Key: b, From: june, Revoked: true}}, march, lifetime, []keys.Status{
			{ID: a.ID(), State: keys.Signing},
			{ID: b.ID(), State: keys.Revoked, From: june},
		}},
		{"all revoked", []keys.Entry{{Key: a, Revoked: true}}, march, lifetime, []keys.Status{{ID: a.ID(), State: keys.Revoked}}},

		{"unlimited lifetime", []keys.Entry{{Key: a}, {Key: b, From: march}}, sept, 0, []keys.Status{
			{ID: a.ID(), State: keys.Accepting, Until: march},
			{ID: b.ID(), State: keys.Signing, From: march},
		}},
		{"negative lifetime", []keys.Entry{{Key: a}, {Key: b, From: march}}, sept, -time.Hour, []keys.Status{
			{ID: a.ID(), State: keys.Accepting, Until: march},
			{ID: b.ID(), State: keys.Signing, From: march},
		}},
		{"the longest lifetime", []keys.Entry{{Key: a}, {Key: b, From: march}}, sept, math.MaxInt64, []keys.Status{
			{ID: a.ID(), State: keys.Accepting, Until: march, Retires: march.Add(math.MaxInt64).Add(5 * time.Minute)},
			{ID: b.ID(), State: keys.Signing, From: march},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := ringOf(t, tt.entries...)
			got := r.Status(tt.now, tt.lifetime)
			assert.Equal(t, tt.want, got)

			// Status and Signer must never tell two stories.
			signer, err := r.Signer(tt.now)
			for _, s := range got {
				assert.Equal(t, s.State == keys.Signing, err == nil && s.ID == signer.ID())
			}
		})
	}
	assert.Empty(t, new(keys.Ring).Status(march, lifetime))
}

// Keys with one instant, of which all but one are revoked, come in the order of their IDs.
func TestStatusOrderOfOneInstant(t *testing.T) {
	a, b, c := keyOf(t, "a"), keyOf(t, "b"), keyOf(t, "c")
	entries := []keys.Entry{{Key: a, Revoked: true}, {Key: b, Revoked: true}, {Key: c}}
	want := ringOf(t, entries...)
	for range 3 {
		entries = append(entries[1:], entries[0])
		assert.Equal(t, want.Status(march, time.Hour), ringOf(t, entries...).Status(march, time.Hour))
		assert.Equal(t, want.Reveal(), ringOf(t, entries...).Reveal())
	}
}

func TestStateString(t *testing.T) {
	for state, want := range map[keys.State]string{
		keys.Scheduled: "scheduled",
		keys.Signing:   "signing",
		keys.Accepting: "accepting",
		keys.Retired:   "retired",
		keys.Revoked:   "revoked",
		0:              "State(0)",
		9:              "State(9)",
	} {
		assert.Equal(t, want, state.String())
	}
	data, err := json.Marshal(keys.Signing)
	require.NoError(t, err)
	assert.Equal(t, `"signing"`, string(data))
}
