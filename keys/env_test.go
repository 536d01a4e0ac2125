package keys_test

import (
	"context"
	"os"
	"testing"

	"github.com/cookiesession/go/keys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEnv(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"one key", "<A>", "<A>"},
		{"one line", "<A>,<B> 2026-06-01T00:00:00Z", "<A>,<B> 2026-06-01T00:00:00Z"},
		{"one line with a line end after it", "<A>,<B> 2026-06-01T00:00:00Z\r\n\n", "<A>,<B> 2026-06-01T00:00:00Z"},
		{"the form of a file", "# cookiesession key ring\n<A>\n<B> revoked # why\n# end 2\n", "<B> revoked\n<A>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("KEYS_TEST", expand(tt.value))
			got, err := keys.Env("KEYS_TEST").Load(t.Context())
			require.NoError(t, err)
			want, err := keys.ParseRing(expand(tt.want))
			require.NoError(t, err)
			assert.Equal(t, want.Reveal(), got.Reveal())
		})
	}
}

func TestEnvFails(t *testing.T) {
	const (
		unset = `keys: environment variable "KEYS_TEST" is not set: set it to a key, or to several with commas between them`
		empty = `keys: environment variable "KEYS_TEST" is set, but empty: set it to a key, or to several with commas between them`
	)
	src := keys.Env("KEYS_TEST")
	t.Setenv("KEYS_TEST", "x") // so that it is put back after the test
	require.NoError(t, os.Unsetenv("KEYS_TEST"))
	_, err := src.Load(t.Context())
	assert.EqualError(t, err, unset)

	for _, tt := range []struct{ name, value, want string }{
		{"empty", "", empty},
		{"blank", " \t\r\n\n", empty},
		{"comment alone", "# nothing\n", `keys: environment variable "KEYS_TEST": a # in a text with no line end`},
		{"comments alone", "# nothing\n# here\n", `keys: environment variable "KEYS_TEST": there is no key`},
		{"bad key", "<A>,cs1_", `keys: environment variable "KEYS_TEST": entry 2: the key is too short`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("KEYS_TEST", expand(tt.value))
			r, err := src.Load(t.Context())
			assert.ErrorContains(t, err, tt.want)
			assert.Nil(t, r)
		})
	}

	t.Run("the context is done", func(t *testing.T) {
		t.Setenv("KEYS_TEST", expand("<A>"))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := src.Load(ctx)
		assert.ErrorIs(t, err, context.Canceled)
	})
}

func TestEnvReadsAtEachLoad(t *testing.T) {
	src := keys.Env("KEYS_TEST")
	for _, seed := range []string{"a", "b"} {
		t.Setenv("KEYS_TEST", keyText(secretOf(seed)))
		r, err := src.Load(t.Context())
		require.NoError(t, err)
		assert.Equal(t, keyOf(t, seed).ID(), r.Status(march, 0)[0].ID)
	}
}

func TestSourceFunc(t *testing.T) {
	want := ringOf(t, keys.Entry{Key: keyOf(t, "a")})
	type ctxKey struct{}
	ctx := context.WithValue(t.Context(), ctxKey{}, "carried")
	var src keys.Source = keys.SourceFunc(func(ctx context.Context) (*keys.Ring, error) {
		assert.Equal(t, "carried", ctx.Value(ctxKey{}))
		return want, assert.AnError
	})
	got, err := src.Load(ctx)
	assert.Same(t, want, got)
	assert.Same(t, assert.AnError, err)
}
