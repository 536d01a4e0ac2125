package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cookiesession/go/cookiesession"
	"github.com/cookiesession/go/keys"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cookiesession": watched, "seal": seal})
}

// testKeys are those that files of the tests may name: {A}, {B} and so on.
var testKeys = map[string]keys.Key{}

func init() {
	for _, name := range []string{"A", "B", "C", "D"} {
		secret := sha256.Sum256([]byte("key " + name + " of the tests"))
		key, err := keys.NewKey(secret[:])
		if err != nil {
			panic(err)
		}
		testKeys[name] = key
	}
}

// filled puts keys in the place of their names.
func filled(text string) string {
	for name, key := range testKeys {
		text = strings.ReplaceAll(text, "{"+name+"}", key.Reveal())
	}
	return text
}

// emptied puts names in the place of keys, and {NEW} for those that were made.
func emptied(text string) string {
	for name, key := range testKeys {
		text = strings.ReplaceAll(text, key.Reveal(), "{"+name+"}")
	}
	return regexp.MustCompile(`cs1_[A-Za-z0-9_-]{48}`).ReplaceAllString(text, "{NEW}")
}

// watched is the tool, with an eye on what it prints.
func watched() {
	args := os.Args[1:]
	var out, errOut bytes.Buffer
	status := run(args, &console{in: os.Stdin, out: io.MultiWriter(os.Stdout, &out), err: io.MultiWriter(os.Stderr, &errOut)})

	call := strings.Join(args, " ")
	may := strings.HasPrefix(call, "keys env ") || strings.HasPrefix(call, "keys new -")
	secret := regexp.MustCompile(`cs1_[A-Za-z0-9_-]`)
	if args[0] == "inspect" {
		secret = regexp.MustCompile(`cs1_[A-Za-z0-9_-]|[A-Za-z0-9_-]{60,}`) // the cookie, too
	}
	if secret.Match(errOut.Bytes()) || secret.Match(out.Bytes()) && !may {
		file, err := os.CreateTemp(os.Getenv("LEAKS"), "leak")
		if err != nil {
			log.Fatal(err)
		}
		fmt.Fprintln(file, emptied(call))
		file.Close()
	}
	os.Exit(status)
}

// seal prints a cookie.
func seal() {
	name := flag.String("name", "", "")
	realm := flag.String("realm", "", "")
	encrypted := flag.Bool("encrypted", false, "")
	now := flag.String("at", "", "")
	ends := flag.Duration("ends", 0, "")
	browser := flag.Bool("browser", false, "")
	flag.Parse()
	at, err := time.Parse(time.RFC3339, *now)
	check(err)
	ring, err := keys.File(flag.Arg(0)).Load(context.Background())
	check(err)
	opts := cookiesession.Options{Name: *name, Realm: *realm, Now: func() time.Time { return at }}
	if *encrypted {
		opts.Protection = cookiesession.Encrypted
	}
	codec, err := cookiesession.NewCodec(ring, opts)
	check(err)
	s := codec.New(context.Background())
	s.Set("user_id", 42)
	s.Set("\x1b[31mred\u009b", "\x1b]0;title\a\u202ebidi")
	s.Set("cart", []any{map[string]any{"sku": "A-1"}, map[any]any{7: []byte{1, 2, 3}}})
	if *ends > 0 {
		s.ExpireAfter(*ends)
	}
	if *browser {
		s.ExpireAtBrowserClose()
	}
	value, err := codec.Encode(s)
	check(err)
	fmt.Print(value)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func TestScripts(t *testing.T) {
	leaks := t.TempDir()
	t.Cleanup(func() {
		files, err := filepath.Glob(filepath.Join(leaks, "*"))
		require.NoError(t, err)
		for _, file := range files {
			call, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Fail(t, "a secret was printed", "cookiesession %s", call)
		}
	})
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("LEAKS", leaks)
			env.Setenv("COLUMNS", "80")
			env.Setenv("GORACE", "atexit_sleep_ms=0") // not a second for each command
			for name, key := range testKeys {
				env.Setenv(name, key.ID().String())
				env.Setenv("KEY_"+name, key.Reveal())
			}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"fill":   fill,
			"empty":  empty,
			"exits":  exits,
			"mode":   mode,
			"clean":  clean,
			"crlf":   crlf,
			"setenv": setenv,
		},
	})
}

// fill FILE... puts keys in the place of their names, and sets mode 0600.
func fill(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		path := ts.MkAbs(name)
		ts.Check(os.WriteFile(path, []byte(filled(ts.ReadFile(name))), 0o600))
		ts.Check(os.Chmod(path, 0o600))
	}
}

// empty FILE COPY writes a copy with names in the place of keys.
func empty(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(emptied(ts.ReadFile(args[0]))), 0o600))
}

// exits STATUS COMMAND... runs a command that must end with this status.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, not %d", got, want)
	}
}

// mode FILE MODE compares the mode of a file.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Lstat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("mode %s, not %s", got, args[1])
	}
}

// clean DIR says that no temporary file is left.
func clean(ts *testscript.TestScript, _ bool, args []string) {
	left, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), ".*-*"))
	ts.Check(err)
	if len(left) > 0 {
		ts.Fatalf("left: %q", left)
	}
}

// crlf FILE gives a file the line ends of Windows.
func crlf(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(ts.ReadFile(args[0]), "\n", "\r\n")), 0o600))
}

// setenv NAME FILE sets a variable to what is in a file.
func setenv(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
}
