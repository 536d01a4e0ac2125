// Command cookiesession is the tool of those who run a service with cookie
// sessions. It makes key rings, rotates and revokes their keys on a live
// fleet, says what is dangerous about a ring, and shows what a cookie holds.
//
//	go build -o bin/ ./cmd/cookiesession
//	bin/cookiesession --help
//
// Secrets are printed by two commands only, keys new - and keys env, and keys
// are never taken from the command line.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"
)

type commands struct {
	Keys struct {
		New    newCommand    `cmd:"" help:"Make a key ring with one new key."`
		Rotate rotateCommand `cmd:"" help:"Add a key that signs from a later instant."`
		List   listCommand   `cmd:"" help:"Show the keys, and draw their timeline."`
		Lint   lintCommand   `cmd:"" help:"Name what is dangerous about a ring before it is deployed."`
		Revoke revokeCommand `cmd:"" help:"End every session under one key."`
		Prune  pruneCommand  `cmd:"" help:"Remove keys that no live session can bear."`
		Env    envCommand    `cmd:"" help:"Print the ring, secrets included, as one line for SESSION_KEYS."`
	} `cmd:"" help:"Make, look at and edit a key ring."`
	Inspect inspectCommand `cmd:"" help:"Show what a cookie says, and with the keys what it holds."`

	Version kong.VersionFlag `help:"Print the version."`
}

// The exit statuses. 0 is a success.
const (
	failed = 1 // or a danger was found
	misuse = 2
)

// A usageError is a mistake in the arguments.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// errSaid ends a command that has already said what is wrong.
var errSaid = errors.New("said")

// A console is what a command reads from and writes to.
type console struct {
	in       io.Reader
	out, err io.Writer
	lost     error // why standard output is not whole, if it is not
}

// printf writes to standard output, and never a key.
func (t *console) printf(format string, args ...any) {
	t.reveal(visible(masked(fmt.Sprintf(format, args...))))
}

// reveal writes to standard output what may be a secret, as it is.
func (t *console) reveal(text string) {
	if _, err := io.WriteString(t.out, text); t.lost == nil {
		t.lost = err
	}
}

// warnf writes to standard error.
func (t *console) warnf(format string, args ...any) { t.sayf("warning: "+format, args...) }

func (t *console) sayf(format string, args ...any) {
	fmt.Fprintln(t.err, visible(masked(fmt.Sprintf(format, args...))))
}

func main() {
	os.Exit(run(os.Args[1:], &console{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

func run(args []string, t *console) int {
	status := 0 // after help and version
	if len(args) == 0 {
		args, status = []string{"--help"}, misuse
	}
	parser, err := kong.New(&commands{},
		kong.Name("cookiesession"),
		kong.Description("The tool of those who run a service with cookie sessions.\n\n"+
			"FILE is a key ring, as the package keys reads it. Durations are written 90m, 48h or 14d.\n\n"+
			"Exit status: 0 fine, 1 failed or a danger found, 2 mistake in the arguments."),
		kong.Writers(t.out, t.err),
		kong.Vars{"version": "cookiesession " + version()},
		kong.Exit(func(int) { os.Exit(status) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
	if err != nil {
		panic(err) // a mistake in the declarations above
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		path := "cookiesession"
		if wrong, ok := errors.AsType[*kong.ParseError](err); ok && wrong.Context != nil && wrong.Context.Selected() != nil {
			path = wrong.Context.Selected().FullPath()
		}
		t.sayf("cookiesession: %s\nsee %s --help", maskedAll(err.Error()), path)
		return misuse
	}
	err = parsed.Run(t)
	if err != nil && !errors.Is(err, errSaid) {
		t.sayf("cookiesession: %s", withoutPrefix(err))
	}
	if t.lost != nil && (err == nil || errors.Is(err, errSaid)) {
		err = t.lost
		t.sayf("cookiesession: the output could not be written: %v; if a file was to be edited, it is", reason(err))
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return misuse
	} else if err != nil {
		return failed
	}
	return 0
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	return info.Main.Version + " (" + info.GoVersion + ")"
}

// withoutPrefix is an error without the name of the package it comes from.
func withoutPrefix(err error) string {
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), "cookiesession: "), "keys: ")
}

// visible writes characters that would act on a terminal as Go does in a string.
func visible(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) || r == '\n' {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

// quoted writes a path for a shell.
func quoted(path string) string {
	if path != "-" && strings.HasPrefix(path, "-") {
		path = "./" + path // or it would be a flag
	}
	plain := func(r rune) bool {
		return strings.ContainsRune("_-./:@%+=,", r) || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	if path != "" && strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
