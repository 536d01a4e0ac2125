package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/cookiesession/go/keys"
)

// A ringFile is a file that holds a key ring, as it was when it was read.
type ringFile struct {
	name string      // as it was given
	path string      // with symbolic links resolved; "" for standard input
	info fs.FileInfo // nil for standard input
	text string
	ring *keys.Ring
}

// largest is more than a ring may have.
const largest = 1<<20 + 1

// read reads a ring from a file, or from standard input if name is "-". If the
// text is no ring, the error is a *notARing, and the file is returned, too.
func (t *console) read(name string) (*ringFile, error) {
	if name == "-" {
		text, err := io.ReadAll(io.LimitReader(t.in, largest))
		if err != nil {
			return nil, fmt.Errorf("standard input: %w", err)
		}
		f := &ringFile{name: "standard input", text: string(text)}
		// What was in an environment variable is one line with commas.
		if line := strings.TrimRight(f.text, "\r\n"); !strings.ContainsAny(line, "\n#") {
			f.text = line
		}
		return f, f.parse()
	}
	f, err := readFile(name)
	if err != nil {
		return nil, err
	}
	return f, f.parse()
}

// edit opens a ring to put another in its place. Until done is called, no other
// edit in the same directory begins.
func (t *console) edit(name string) (f *ringFile, done func(), err error) {
	done = func() {}
	dir := ""
	if path, err := filepath.EvalSymlinks(name); err == nil { // or open says what is wrong
		dir = filepath.Dir(path)
		done, err = lock(dir, func() { t.sayf("waiting, as the directory of %s is locked: is it edited elsewhere?", name) })
		if err != nil {
			t.warnf("the directory of %s cannot be locked (%v): see that nobody else edits it now", name, reason(err))
			done = func() {}
		}
	}
	f, err = t.open(name)
	if err == nil && filepath.Dir(f.path) != dir {
		err = fmt.Errorf("%s was moved while being opened: run the command again", name)
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	if links(f.info) > 1 {
		t.warnf("%s has another name, a hard link, under which the ring as it is now stays: edit it, too, or make it a symbolic link", name)
	}
	return f, done, nil
}

// open reads a ring from a file alone.
func (t *console) open(name string) (*ringFile, error) {
	if name == "-" {
		return nil, usagef("here a key ring must be a file: give its path instead of -")
	}
	return t.read(name)
}

func readFile(name string) (*ringFile, error) {
	if err := notAKey("FILE", name); err != nil {
		return nil, err
	}
	// A pipe of the shell has no path to follow.
	if info, err := os.Stat(name); err == nil && info.Mode()&fs.ModeNamedPipe != 0 {
		return nil, fmt.Errorf("%s is not a regular file but a pipe: give - and lead it to standard input", name)
	}
	path, err := filepath.EvalSymlinks(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", maskedAll(name), reason(err)) // maybe a key without its cs1_
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, reason(err))
	}
	// Before it is opened, as to open a pipe may take for ever.
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, reason(err))
	case info.IsDir():
		return nil, fmt.Errorf("%s is a directory: give the path of the key ring in it", name)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, reason(err))
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, largest))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, reason(err))
	}
	return &ringFile{name: name, path: path, info: info, text: string(text)}, nil
}

// A notARing says what is wrong with a text, all of it.
type notARing struct {
	name     string
	mistakes []string
}

func (e *notARing) Error() string {
	if len(e.mistakes) == 1 {
		return e.name + ": " + e.mistakes[0]
	}
	return e.name + " is not a key ring:\n  " + strings.Join(e.mistakes, "\n  ")
}

func (f *ringFile) parse() error {
	if f.path != "" && f.text == "" {
		return &notARing{f.name, []string{"the file is empty: is it being written? If not, make a ring with keys new"}}
	}
	if f.path != "" && !strings.HasSuffix(f.text, "\n") && len(f.text) < largest {
		return &notARing{f.name, []string{"the file does not end in a line end: was it cut off? If it is whole, add the line end"}}
	}
	ring, err := keys.ParseRing(f.text)
	if err != nil {
		return &notARing{f.name, strings.Split(withoutPrefix(err), "\n")}
	}
	f.ring = ring
	return nil
}

// replace puts another text in the place of the file, whole or not at all.
func (f *ringFile) replace(text string) (*keys.Ring, error) {
	ring, err := keys.ParseRing(text)
	if err != nil {
		return nil, fmt.Errorf("%s is left as it was, as the edited ring would not be valid: %s",
			f.name, withoutPrefix(err))
	}
	if err := heldOff(func() error { return f.exchange(text) }); err != nil {
		return nil, fmt.Errorf("%s is left as it was: %w", f.name, err)
	}
	if err := syncDirectory(filepath.Dir(f.path)); err != nil {
		return nil, fmt.Errorf("%s is edited, but whether that outlasts a loss of power is not sure: %w", f.name, reason(err))
	}
	return ring, nil
}

func (f *ringFile) exchange(text string) error {
	temp, err := writeTemp(f.path, text, func(file *os.File) error {
		// The mode comes last: it may open the file to a group, and to those in a list, which must be the right ones.
		if err := giveOwner(file, f.info); err != nil {
			return err
		}
		if err := giveACL(file, f.path); err != nil {
			return err
		}
		return file.Chmod(f.info.Mode().Perm())
	})
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	latest, err := readFile(f.name)
	if err != nil {
		return err
	}
	if latest.path != f.path || latest.text != f.text {
		return errors.New("it changed while being edited: run the command again")
	}
	return reason(os.Rename(temp, f.path))
}

// writeTemp writes a file beside path and returns its name. If that fails, there is none.
func writeTemp(path, text string, prepare func(*os.File) error) (string, error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".*-"+filepath.Base(path)) // mode 0600
	if err != nil {
		return "", fmt.Errorf("cannot write into its directory: %w", reason(err))
	}
	_, err = file.WriteString(text)
	if err == nil {
		err = prepare(file)
	}
	if err == nil {
		err = file.Sync()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return file.Name(), reason(err)
}

// syncDirectory makes a new name in a directory outlast a loss of power.
func syncDirectory(path string) error {
	if runtime.GOOS == "windows" {
		return nil // which does not let directories be opened
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// reason is an error of package os without the path, which may be that of a temporary file.
func reason(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	if at, ok := errors.AsType[*os.LinkError](err); ok {
		return at.Err
	}
	return err
}
