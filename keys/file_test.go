package keys_test

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cookiesession/go/keys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func write(t testing.TB, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

func load(t testing.TB, src keys.Source) string {
	t.Helper()
	r, err := src.Load(t.Context())
	require.NoError(t, err)
	return r.Reveal()
}

func TestFile(t *testing.T) {
	want := ringOf(t, keys.Entry{Key: keyOf(t, "a")}).Reveal()
	for _, tt := range []struct{ name, text string }{
		{"one line", "<A>\n"},
		{"CR LF", "<A>\r\n"},
		{"as written", want},
		{"byte order mark", "\ufeff" + want},
		{"as large as can be", "<A>\n#" + strings.Repeat("-", 1<<20-53-2) + "\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ring")
			write(t, path, expand(tt.text))
			assert.Equal(t, want, load(t, keys.File(path)))
		})
	}
}

func TestFileFails(t *testing.T) {
	dir := t.TempDir()
	const cut = "the file does not end in a line end: was it cut off? If it is whole, add the line end"
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "the file is empty: is it being written? If not, put a key in it"},
		{"no line end", "<A>", cut},
		{"the form of one line", "<A>,<B> 2026-06-01T00:00:00Z", cut},
		{"the form of one line, and a line end", "<A>,<B> 2026-06-01T00:00:00Z\n", "line 1: a comma: write one key a line; commas are for the form with no line end"},
		{"last line without its end", "# cookiesession key ring\n<A>\n# end 1", cut},
		{"CR alone", "<A>\r", cut},
		{"one byte too large", "<A>\n#" + strings.Repeat("-", 1<<20-53-1) + "\n", "the text is longer than 1048576 bytes: it cannot be a key ring"},
		{"much too large", strings.Repeat("-", 1<<21), "the text is longer than 1048576 bytes: it cannot be a key ring"},
		{"no key", "#\n", "there is no key: a ring needs at least one; Generate makes it, and Reveal gives its text"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(dir, "ring")
			write(t, path, expand(tt.text))
			r, err := keys.File(path).Load(t.Context())
			assert.EqualError(t, err, `keys: file "`+path+`": `+tt.want)
			assert.Nil(t, r)
		})
	}

	t.Run("directory", func(t *testing.T) {
		_, err := keys.File(dir).Load(t.Context())
		assert.EqualError(t, err, `keys: file "`+dir+`": this is a directory: give the path of the file in it`)
	})
	t.Run("missing", func(t *testing.T) {
		path := filepath.Join(dir, "missing")
		_, err := keys.File(path).Load(t.Context())
		assert.ErrorIs(t, err, fs.ErrNotExist)
		assert.ErrorContains(t, err, `keys: file "`+path+`": `)
		assert.ErrorContains(t, err, "check the path, or write a key ring there")
		assert.NoFileExists(t, path)
	})
	t.Run("no path", func(t *testing.T) {
		_, err := keys.File("").Load(t.Context())
		assert.ErrorContains(t, err, `keys: file "": `)
	})
	t.Run("below a file", func(t *testing.T) {
		_, err := keys.File(filepath.Join(dir, "ring", "ring")).Load(t.Context())
		assert.ErrorContains(t, err, `keys: file "`)
	})
	t.Run("the context is done", func(t *testing.T) {
		ctx, cancel := context.WithDeadline(t.Context(), time.Time{})
		defer cancel()
		_, err := keys.File(filepath.Join(dir, "missing")).Load(ctx)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.NotErrorIs(t, err, fs.ErrNotExist)
	})
}

func TestFileWithoutPermission(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ring")
	write(t, path, expand("<A>\n"))
	require.NoError(t, os.Chmod(path, 0))
	var err error
	asNobody(t, func() { _, err = keys.File(path).Load(t.Context()) })
	assert.ErrorIs(t, err, fs.ErrPermission)
	assert.ErrorContains(t, err, "let the user that runs this program read it")
}

// To open a pipe that nobody writes to would take for ever.
func TestFileRefusesAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	makePipe(t, path)
	_, err := keys.File(path).Load(t.Context())
	assert.EqualError(t, err, `keys: file "`+path+`": this is not a regular file: a key ring is read more than once`)
}

// A file that we wrote and that is cut off anywhere is never another valid ring.
func TestFileCutOff(t *testing.T) {
	a, b, c := keyOf(t, "a"), keyOf(t, "b"), keyOf(t, "c")
	limited, err := keys.NewRing(march, keys.Entry{Key: a}, keys.Entry{Key: b, From: june})
	require.NoError(t, err)
	dozen := make([]keys.Entry, 12) // the end mark has two digits, so one can be lost
	for i := range dozen {
		dozen[i] = keys.Entry{Key: keys.Generate(), From: march.AddDate(0, i, 0)}
	}
	texts := map[string]string{
		"one key":            ringOf(t, keys.Entry{Key: a}).Reveal(),
		"two keys":           ringOf(t, keys.Entry{Key: a}, keys.Entry{Key: b, From: june}).Reveal(),
		"three keys":         ringOf(t, keys.Entry{Key: a}, keys.Entry{Key: b, From: june}, keys.Entry{Key: c, From: march, Revoked: true}).Reveal(),
		"not-before":         limited.Reveal(),
		"twelve keys":        ringOf(t, dozen...).Reveal(),
		"by hand":            expand("<A>\n"),
		"by hand, revoked":   expand("<A> 2026-06-01T00:00:00Z revoked\n"),
		"by hand, commented": expand("# for staging\n\n<A> # since ever\n"),
	}
	texts["CR LF"] = strings.ReplaceAll(texts["two keys"], "\n", "\r\n")
	texts["byte order mark"] = "\ufeff" + texts["one key"]

	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ring")
			src := keys.File(path)
			write(t, path, text)
			load(t, src)
			// Of the longest, the last lines: the rest is as in the others.
			for size := len(text) - 1; size >= max(0, len(text)-300); size-- {
				require.NoError(t, os.Truncate(path, int64(size)))
				_, err := src.Load(t.Context())
				assert.Error(t, err, "cut after %d of %d bytes", size, len(text))
			}
		})
	}
}

func TestFileReadsAtEachLoad(t *testing.T) {
	dir := t.TempDir()
	a, b := ringOf(t, keys.Entry{Key: keyOf(t, "a")}).Reveal(), ringOf(t, keys.Entry{Key: keyOf(t, "b")}).Reveal()
	path := filepath.Join(dir, "ring")

	t.Run("write in place", func(t *testing.T) {
		src := keys.File(path)
		for _, text := range []string{a, b, a} {
			write(t, path, text)
			assert.Equal(t, text, load(t, src))
		}
	})
	t.Run("rename", func(t *testing.T) {
		src := keys.File(path)
		for _, text := range []string{a, b, a} {
			write(t, path+".new", text)
			require.NoError(t, os.Rename(path+".new", path))
			assert.Equal(t, text, load(t, src))
		}
	})
	t.Run("gone and back", func(t *testing.T) {
		src := keys.File(path)
		require.NoError(t, os.Remove(path))
		_, err := src.Load(t.Context())
		assert.ErrorIs(t, err, fs.ErrNotExist)
		write(t, path, b)
		assert.Equal(t, b, load(t, src))
	})
	t.Run("swap of a symbolic link", func(t *testing.T) {
		// As Kubernetes does it: ring -> ..data/ring, and ..data -> a directory for each version.
		mount := t.TempDir()
		if err := os.Symlink(filepath.Join("..data", "ring"), filepath.Join(mount, "ring")); err != nil {
			t.Skip("no symbolic links here:", err)
		}
		src := keys.File(filepath.Join(mount, "ring"))
		for version, text := range map[string]string{"..1": a, "..2": b} {
			require.NoError(t, os.Mkdir(filepath.Join(mount, version), 0o700))
			write(t, filepath.Join(mount, version, "ring"), text)
			require.NoError(t, os.Symlink(version, filepath.Join(mount, "..data_tmp")))
			require.NoError(t, os.Rename(filepath.Join(mount, "..data_tmp"), filepath.Join(mount, "..data")))
			assert.Equal(t, text, load(t, src))
		}
	})
}

// captureLog makes the default logger write to the buffer that it returns.
func captureLog(t *testing.T) *bytes.Buffer {
	b := new(bytes.Buffer)
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(b, nil)))
	t.Cleanup(func() { slog.SetDefault(old) })
	return b
}

func TestFileWarnsOfAModeOpenToAll(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes mean nothing here")
	}
	logged := captureLog(t)
	path := filepath.Join(t.TempDir(), "ring")
	write(t, path, expand("<A>\n"))
	src := keys.File(path)

	for _, step := range []struct {
		name string
		mode os.FileMode
		warn bool
	}{
		{"owner alone", 0o600, false},
		{"group", 0o640, false},
		{"all", 0o644, true},
		{"all, again", 0o644, false},
		{"all, another mode", 0o664, true},
		{"back", 0o600, false},
		{"all, after it was mended", 0o664, true},
		{"others may write, not read", 0o602, false},
	} {
		logged.Reset()
		require.NoError(t, os.Chmod(path, step.mode))
		load(t, src)
		assert.Equal(t, step.warn, logged.Len() > 0, "%s: %s", step.name, logged)
		if step.warn {
			assert.Contains(t, logged.String(), "level=WARN")
			assert.Contains(t, logged.String(), "path="+path)
			assert.Contains(t, logged.String(), "mode="+step.mode.String())
			assert.Empty(t, leak(logged.String(), secretOf("a")))
		}
	}

	require.NoError(t, os.Chmod(path, 0o644))
	logged.Reset()
	load(t, keys.File(path))
	assert.Equal(t, 1, strings.Count(logged.String(), "level=WARN"), "another source warns by itself")
}

func TestFileInARace(t *testing.T) {
	captureLog(t)
	path := filepath.Join(t.TempDir(), "ring")
	write(t, path, expand("<A>\n"))
	src := keys.File(path)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, err := src.Load(t.Context())
			assert.NoError(t, err)
		})
	}
	wg.Wait()
}

func names(t *testing.T, dir string) []string {
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var all []string
	for _, entry := range entries {
		all = append(all, entry.Name())
	}
	return all
}

func TestFileOrNew(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "dev.keys")

	src, created, err := keys.FileOrNew(path)
	require.NoError(t, err)
	assert.True(t, created)
	text := load(t, src)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, text, string(data), "in the form of Reveal")
	assert.Equal(t, []string{"dev.keys"}, names(t, dir), "nothing else is left")
	if runtime.GOOS != "windows" {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode())
	}
	r, err := keys.ParseRing(text)
	require.NoError(t, err)
	signer, err := r.Signer(time.Time{})
	require.NoError(t, err, "it signs since ever")
	assert.Len(t, r.Status(march, 0), 1)

	src, created, err = keys.FileOrNew(path)
	require.NoError(t, err)
	assert.False(t, created)
	assert.Equal(t, text, load(t, src))

	other, _, err := keys.FileOrNew(filepath.Join(dir, "other.keys"))
	require.NoError(t, err)
	assert.NotContains(t, load(t, other), signer.Reveal(), "each file has its own key")

	require.NoError(t, os.Remove(path))
	_, err = src.Load(t.Context())
	assert.ErrorIs(t, err, fs.ErrNotExist, "the source never creates")
	assert.NoFileExists(t, path)
}

func TestFileOrNewLeavesWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"empty": "", "invalid": "no key\n", "valid": expand("<A>\n")} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			write(t, path, text)
			src, created, err := keys.FileOrNew(path)
			require.NoError(t, err)
			assert.False(t, created)
			_, err = src.Load(t.Context())
			assert.Equal(t, name == "valid", err == nil)
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, text, string(data))
		})
	}
	t.Run("link to nothing", func(t *testing.T) {
		path := filepath.Join(dir, "link")
		if err := os.Symlink(filepath.Join(dir, "nothing"), path); err != nil {
			t.Skip("no symbolic links here:", err)
		}
		src, created, err := keys.FileOrNew(path)
		require.NoError(t, err)
		assert.False(t, created)
		_, err = src.Load(t.Context())
		assert.ErrorIs(t, err, fs.ErrNotExist)
	})
}

func TestFileOrNewFails(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), "")
	for name, path := range map[string]string{
		"no directory": filepath.Join(dir, "missing", "ring"),
		"below a file": filepath.Join(dir, "file", "ring"),
		"no path":      "",
		"no such name": filepath.Join(dir, "a\x00b"),
	} {
		t.Run(name, func(t *testing.T) {
			src, created, err := keys.FileOrNew(path)
			require.Error(t, err)
			assert.ErrorContains(t, err, `: cannot create it: `)
			assert.Equal(t, 1, strings.Count(err.Error(), "keys: "))
			assert.False(t, created)
			assert.Nil(t, src)
			assert.Equal(t, []string{"file"}, names(t, dir))
		})
	}
}

func TestFileOrNewInARace(t *testing.T) {
	const processes = 16
	for range 10 {
		dir := t.TempDir()
		path := filepath.Join(dir, "ring")
		var texts [processes]string
		var made [processes]bool
		var wg sync.WaitGroup
		for i := range processes {
			wg.Go(func() {
				src, created, err := keys.FileOrNew(path)
				if !assert.NoError(t, err) {
					return
				}
				r, err := src.Load(t.Context())
				if assert.NoError(t, err, "the file is whole from the first moment") {
					texts[i], made[i] = r.Reveal(), created
				}
			})
		}
		wg.Wait()
		count := 0
		for i := range processes {
			assert.Equal(t, texts[0], texts[i], "all use the same key")
			if made[i] {
				count++
			}
		}
		assert.Equal(t, 1, count, "one has created it")
		assert.Equal(t, []string{"ring"}, names(t, dir))
	}
}

func TestFileOrNewWithoutLinks(t *testing.T) {
	noLinks := func(oldname, newname string) error {
		return &os.LinkError{Op: "link", Old: oldname, New: newname, Err: syscall.EPERM}
	}
	t.Run("creates", func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, "ring")
		created, err := keys.CreateOnce(path, noLinks)
		require.NoError(t, err)
		assert.True(t, created)
		load(t, keys.File(path))
		assert.Equal(t, []string{"ring"}, names(t, dir))
		if runtime.GOOS != "windows" {
			info, err := os.Stat(path)
			require.NoError(t, err)
			assert.Equal(t, os.FileMode(0o600), info.Mode())
		}
	})
	t.Run("another was faster", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "ring")
		created, err := keys.CreateOnce(path, func(oldname, newname string) error {
			write(t, path, expand("<A>\n"))
			return noLinks(oldname, newname)
		})
		require.NoError(t, err)
		assert.False(t, created)
		assert.Equal(t, ringOf(t, keys.Entry{Key: keyOf(t, "a")}).Reveal(), load(t, keys.File(path)))
	})
	t.Run("another was faster with a link", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "ring")
		created, err := keys.CreateOnce(path, func(oldname, newname string) error {
			write(t, path, expand("<A>\n"))
			return os.Link(oldname, newname)
		})
		require.NoError(t, err)
		assert.False(t, created)
		assert.Equal(t, ringOf(t, keys.Entry{Key: keyOf(t, "a")}).Reveal(), load(t, keys.File(path)))
	})
}
