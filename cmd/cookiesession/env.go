package main

type envCommand struct {
	File string `arg:"" help:"The key ring, or - for standard input."`
}

func (envCommand) Help() string {
	return `The line is secret. It has no comments: keep the file as the original.

    SESSION_KEYS="$(cookiesession keys env session.keys)" ./server`
}

func (c *envCommand) Run(t *console) error {
	f, err := t.read(c.File)
	if err != nil {
		return err
	}
	t.reveal(f.ring.RevealLine() + "\n")
	return nil
}
