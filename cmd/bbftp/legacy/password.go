package legacy

import (
	"context"
	"io"

	"bbftp/cmd/internal/terminal"
)

// readPassword asks for the password, which ssh mode does not need.
func (j *job) readPassword(ctx context.Context) (string, error) {
	switch {
	case j.ssh != nil:
		return "", nil
	case j.passwordFile == "":
		return terminal.Password(ctx, j.stdin, j.promptTo(), "Password: ")
	}
	return terminal.PasswordFile(j.passwordFile)
}

// promptTo is standard output, as ever, unless only a program would read it.
func (j *job) promptTo() io.Writer {
	if terminal.Is(j.prompt) && !j.json {
		return j.prompt
	}
	return j.console.stderr
}
