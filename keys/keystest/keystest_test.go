package keystest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/keys"
	"github.com/cookiesession/go/keys/keystest"
)

func TestEnvConforms(t *testing.T) {
	keystest.TestSource(t, keys.Env("KEYSTEST_RING"), func(t *testing.T, text string) {
		require.NoError(t, os.Setenv("KEYSTEST_RING", text))
		t.Cleanup(func() { assert.NoError(t, os.Unsetenv("KEYSTEST_RING")) })
	})
}

// A file may be replaced in three ways; a source must follow each.
func TestFileConforms(t *testing.T) {
	t.Run("written in place", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "ring.keys")
		keystest.TestSource(t, keys.File(path), func(t *testing.T, text string) {
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		})
	})
	t.Run("renamed", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "ring.keys")
		keystest.TestSource(t, keys.File(path), func(t *testing.T, text string) {
			require.NoError(t, os.WriteFile(path+".new", []byte(text), 0o600))
			require.NoError(t, os.Rename(path+".new", path))
		})
	})
	t.Run("as Kubernetes does it", func(t *testing.T) {
		volume := t.TempDir()
		require.NoError(t, os.Symlink(filepath.Join("..data", "ring.keys"), filepath.Join(volume, "ring.keys")))
		keystest.TestSource(t, keys.File(filepath.Join(volume, "ring.keys")), func(t *testing.T, text string) {
			// A new folder, a link to it under another name, and a rename over the old link.
			dir, err := os.MkdirTemp(volume, "..2026_")
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "ring.keys"), []byte(text), 0o600))
			require.NoError(t, os.Symlink(filepath.Base(dir), filepath.Join(volume, "..data_tmp")))
			old, _ := os.Readlink(filepath.Join(volume, "..data"))
			require.NoError(t, os.Rename(filepath.Join(volume, "..data_tmp"), filepath.Join(volume, "..data")))
			if old != "" {
				require.NoError(t, os.RemoveAll(filepath.Join(volume, old)))
			}
		})
	})
}

// badSources break the contract, each in the one way that its name says.
var badSources = map[string]func(path string) keys.Source{
	"caches": func(path string) keys.Source {
		load := sync.OnceValues(func() (*keys.Ring, error) { return keys.File(path).Load(context.Background()) })
		return keys.SourceFunc(func(context.Context) (*keys.Ring, error) { return load() })
	},
	"ignores errors": func(path string) keys.Source {
		return keys.SourceFunc(func(ctx context.Context) (*keys.Ring, error) {
			ring, _ := keys.File(path).Load(ctx)
			return ring, nil
		})
	},
	"ignores its context": func(path string) keys.Source {
		return keys.SourceFunc(func(context.Context) (*keys.Ring, error) { return keys.File(path).Load(context.Background()) })
	},
	"repeats the text": func(path string) keys.Source {
		return keys.SourceFunc(func(ctx context.Context) (*keys.Ring, error) {
			ring, err := keys.File(path).Load(ctx)
			if err != nil {
				text, _ := os.ReadFile(path)
				err = fmt.Errorf("%w: %s", err, text)
			}
			return ring, err
		})
	},
	"keeps the last": func(path string) keys.Source {
		var last atomic.Pointer[keys.Ring]
		return keys.SourceFunc(func(ctx context.Context) (*keys.Ring, error) {
			if ring, err := keys.File(path).Load(ctx); err == nil || ctx.Err() != nil {
				last.Store(ring)
				return ring, err
			}
			return last.Load(), nil
		})
	},
}

// TestBadSourcesDoNotConform runs itself in another process, which must fail.
func TestBadSourcesDoNotConform(t *testing.T) {
	const variable = "KEYSTEST_BAD_SOURCE"
	if name := os.Getenv(variable); name != "" {
		path := filepath.Join(t.TempDir(), "ring.keys")
		keystest.TestSource(t, badSources[name](path), func(t *testing.T, text string) {
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		})
		return
	}
	program, err := os.Executable()
	require.NoError(t, err)
	complaints := map[string]string{
		"caches":              "another ring than was put",
		"ignores errors":      "an_empty_text",
		"ignores its context": "a context that is done",
		"repeats the text":    "repeats a part of a key",
		"keeps the last":      "returned a ring, or no error",
	}
	require.Len(t, complaints, len(badSources))
	for name, complaint := range complaints {
		cmd := exec.Command(program, "-test.run=^TestBadSourcesDoNotConform$")
		cmd.Env = append(os.Environ(), variable+"="+name)
		out, err := cmd.CombinedOutput()
		assert.Error(t, err, "a source that %s: %s", name, out)
		assert.Contains(t, string(out), complaint, "a source that %s", name)
	}
}

func TestRing(t *testing.T) {
	ring := keystest.Ring(t, "b 2026-09-01T00:00:00Z", "a", "c 2026-08-01T00:00:00Z revoked", "not-before 2026-03-01T00:00:00Z")
	assert.Equal(t, ring.Reveal(), keystest.Ring(t, "b 2026-09-01T00:00:00Z", "a", "c 2026-08-01T00:00:00Z revoked", "not-before 2026-03-01T00:00:00Z").Reveal())
	assert.Equal(t, keystest.Ring(t, "a").Reveal(), keystest.Ring(t, "# a comment", "", "a # and another").Reveal())
	signer, err := ring.Signer(time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	assert.Equal(t, keystest.Key("a").ID(), signer.ID())
	_, err = ring.Lookup(keystest.Key("c").ID())
	assert.ErrorIs(t, err, keys.ErrRevoked)
	assert.Equal(t, 2026, ring.NotBefore().Year())
	assert.NotEqual(t, keystest.Key("a").ID(), keystest.Key("b").ID())
	assert.Equal(t, "37723ca1", keystest.Key("a").ID().String(), "the same in every release")
}

func TestControlledSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := keystest.Ring(t, "one"), keystest.Ring(t, "two")
		down := errors.New("down")
		src := keystest.NewSource(one)
		load := func(timeout time.Duration) (*keys.Ring, time.Duration, error) {
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			began := time.Now()
			ring, err := src.Load(ctx)
			return ring, time.Since(began), err
		}
		ring, _, err := load(time.Second)
		assert.Equal(t, one, ring)
		require.NoError(t, err)

		src.Set(two)
		src.Fail(down)
		ring, _, err = load(time.Second)
		assert.Nil(t, ring)
		assert.Equal(t, down, err)
		src.Fail(nil)
		ring, _, _ = load(time.Second)
		assert.Equal(t, two, ring)
		assert.Equal(t, 3, src.Loads())

		src.Flap(down)
		for i := range 5 {
			_, _, err = load(time.Second)
			assert.Equal(t, i%2 == 0, err != nil, "load %d", i+1)
		}
		src.Fail(nil)

		src.Delay(3 * time.Second)
		_, took, err := load(time.Minute)
		require.NoError(t, err)
		assert.Equal(t, 3*time.Second, took)
		_, took, err = load(time.Second)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, took)
		src.Hang(3 * time.Second)
		ring, took, err = load(time.Second)
		require.NoError(t, err, "what does not heed its context may answer all the same")
		assert.Equal(t, two, ring)
		assert.Equal(t, 3*time.Second, took)
	})
}
