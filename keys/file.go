package keys

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// File returns the source that reads the file at path, anew at each load: it follows a
// rename, a write in place and the swap of a symbolic link.
//
// The file holds the text form of a ring, at most 1 MiB, and ends in a line end.
// Write it by a rename of a finished file in the same directory where you can.
// If every user of the machine may read the file, a load says so through
// [slog.Default], once and again when the mode changes, and goes on.
func File(path string) Source { return &fileSource{path: path} }

type fileSource struct {
	path string

	mu   sync.Mutex
	mode fs.FileMode // of the last load
}

func (s *fileSource) Load(ctx context.Context) (*Ring, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("keys: file %q: %w", s.path, err)
	}
	text, mode, err := readFile(s.path)
	if err != nil {
		return nil, fmt.Errorf("keys: file %q: %w", s.path, err)
	}
	s.warn(ctx, mode)
	r, err := parseRing(text)
	if err != nil {
		return nil, fmt.Errorf("keys: file %q: %w", s.path, err)
	}
	return r, nil
}

// readFile returns the text of a file that is whole as far as its end can tell.
func readFile(path string) (string, fs.FileMode, error) {
	// Before it is opened, as to open a pipe may take for ever.
	info, err := os.Stat(path)
	if err != nil {
		return "", 0, explain(err)
	}
	if info.IsDir() {
		return "", 0, errors.New("this is a directory: give the path of the file in it")
	}
	if !info.Mode().IsRegular() {
		return "", 0, errors.New("this is not a regular file: a key ring is read more than once")
	}
	f, err := os.Open(path)
	if err != nil {
		return "", 0, explain(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxText+1))
	if err != nil {
		return "", 0, explain(err)
	}
	text := string(data)
	switch {
	case text == "":
		return "", 0, errors.New("the file is empty: is it being written? If not, put a key in it")
	case len(text) <= maxText && !strings.HasSuffix(text, "\n"):
		return "", 0, errors.New("the file does not end in a line end: was it cut off? If it is whole, add the line end")
	}
	return text, info.Mode().Perm(), nil
}

// withoutPath drops from an error of package os what our caller says anyway.
func withoutPath(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

// explain adds what to do.
func explain(err error) error {
	err = withoutPath(err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: check the path, or write a key ring there", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: let the user that runs this program read it", err)
	}
	return err
}

func (s *fileSource) warn(ctx context.Context, mode fs.FileMode) {
	s.mu.Lock()
	changed := mode != s.mode
	s.mode = mode
	s.mu.Unlock()
	// The bits mean nothing on Windows, where access is ruled otherwise.
	if changed && mode&0o004 != 0 && runtime.GOOS != "windows" {
		slog.WarnContext(ctx, "keys: every user of this machine can read the key file: set its mode to 0600",
			"path", s.path, "mode", mode.String())
	}
}

// FileOrNew is for development: it returns the source [File], and if there is no file
// at path, first writes one with a new key, readable by its owner alone. created says that it did.
// The source itself never writes, so a file lost later is an error and not a new key.
//
// If several processes call FileOrNew at once, one of them writes the file and all
// use it. An existing file is not looked into: that is for Load. The directory must exist.
//
// In production use File. There, a key made on the spot hides that the real
// one is missing, and is another on each instance.
func FileOrNew(path string) (src Source, created bool, err error) {
	created, err = createOnce(path, os.Link)
	if err != nil {
		return nil, false, fmt.Errorf("keys: file %q: cannot create it: %w", path, err)
	}
	return File(path), created, nil
}

// createOnce writes a new ring to path, unless something is there.
func createOnce(path string, link func(oldname, newname string) error) (created bool, err error) {
	if _, err := os.Lstat(path); err == nil {
		return false, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return false, withoutPath(err)
	}
	ring, err := NewRing(time.Time{}, Entry{Key: Generate()})
	if err != nil {
		return false, err
	}
	text := ring.Reveal()

	// A link, unlike a rename, does not replace the file of a process that was faster;
	// and unlike a file opened to be written, it is complete from the first moment.
	temp, err := os.CreateTemp(filepath.Dir(path), ".*-"+filepath.Base(path)) // mode 0600
	if err != nil {
		return false, withoutPath(err)
	}
	defer os.Remove(temp.Name())
	if err := writeAndClose(temp, text); err != nil {
		return false, err
	}
	err = link(temp.Name(), path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		// Some file systems have no links. Here a second process may for a moment find a file
		// that is not whole; its load then fails, as the end mark is missing.
		err = writeExclusive(path, text)
	}
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	return err == nil, err
}

func writeExclusive(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return withoutPath(err)
	}
	if err := writeAndClose(f, text); err != nil {
		os.Remove(path)
		return err
	}
	return nil
}

func writeAndClose(f *os.File, text string) error {
	_, err := f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return withoutPath(err)
	}
	return nil
}
