// Package terminal asks the person at the terminal.
package terminal

import (
	"bufio"
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
// showing prompt on out; or, when in is no terminal, its first line.
func Password(in *os.File, out io.Writer, prompt string) (string, error) {
	if !term.IsTerminal(int(in.Fd())) {
		return FirstLine(in)
	}
	fmt.Fprint(out, prompt)
	password, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(out)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return string(password), nil
}

// NewPassword is [Password] for one that is being chosen: a terminal is asked
// twice, since nobody sees what is typed.
func NewPassword(in *os.File, out io.Writer) (string, error) {
	password, err := Password(in, out, "New password: ")
	if err != nil || !term.IsTerminal(int(in.Fd())) {
		return password, err
	}
	again, err := Password(in, out, "Again: ")
	if err == nil && again != password {
		err = errors.New("the two passwords differ")
	}
	return password, err
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
