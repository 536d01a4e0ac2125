package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// A child is an instance in a process of its own.
type child struct {
	addr  string // as a URL
	cmd   *exec.Cmd
	ended chan error // holds what its process ended with
}

// startChild starts the program with further variables, as NAME=value, and returns once it listens.
func startChild(program string, env ...string) (*child, error) {
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil { // it ends when this process does: see untilOrphaned
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{cmd: cmd, ended: make(chan error, 1)}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if addr, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			c.addr = addr
			go func() {
				_, _ = io.Copy(io.Discard, stdout)
				c.ended <- cmd.Wait()
			}()
			return c, nil
		}
	}
	return nil, fmt.Errorf("an instance ended before it listened: %w", errors.Join(lines.Err(), cmd.Wait()))
}

// end asks the child to end, as a deployment does, and waits for it.
func (c *child) end() error {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	return c.wait()
}

// wait returns what the child ended with.
func (c *child) wait() error {
	err := <-c.ended
	c.ended <- err
	return err
}

// untilOrphaned ends the context when standard input does: the parent is gone, however it went.
func untilOrphaned(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return ctx
}
