// Package terminal asks the person at the terminal.
package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// maxLine bounds a password line; no password the protocol carries is longer.
const maxLine = 1024

// Password reads a password: from the terminal in, without echo, after
// showing prompt on out; or, when in is no terminal, its first line. It
// returns the cause of ctx once that ends, with the terminal as it was.
func Password(ctx context.Context, in *os.File, out io.Writer, prompt string) (string, error) {
	fd := int(in.Fd())
	if !term.IsTerminal(fd) {
		return wait(ctx, func() (string, error) { return FirstLine(in) })
	}
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	fmt.Fprint(out, prompt)
	password, err := wait(ctx, func() (string, error) {
		line, err := term.ReadPassword(fd)
		return string(line), err
	})
	fmt.Fprintln(out)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", errors.Join(err, term.Restore(fd, before)))
	}
	return password, nil
}

// wait leaves read behind when ctx ends first: nothing wakes a read from a
// terminal, and the program is about to end.
func wait(ctx context.Context, read func() (string, error)) (string, error) {
	type result struct {
		line string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := read()
		done <- result{line, err}
	}()
	select {
	case r := <-done:
		return r.line, r.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// NewPassword is [Password] for one that is being chosen: a terminal is asked
// twice, since nobody sees what is typed.
func NewPassword(ctx context.Context, in *os.File, out io.Writer) (string, error) {
	password, err := Password(ctx, in, out, "New password: ")
	if err != nil || !term.IsTerminal(int(in.Fd())) {
		return password, err
	}
	again, err := Password(ctx, in, out, "Again: ")
	if err == nil && again != password {
		err = errors.New("the two passwords differ")
	}
	return password, err
}

// PasswordFile reads a password from the first line of a file.
func PasswordFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	return FirstLine(f)
}

// FirstLine returns the first line of r, without its end.
func FirstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, maxLine)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	if line == "" {
		return "", errors.New("read the password: no line")
	}
	return strings.TrimRight(line, "\r\n"), nil
}
