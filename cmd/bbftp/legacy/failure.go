package legacy

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"bbftp/engine/client"
	"bbftp/engine/command"
)

// misuse is a mistake that is numbered where it is found: one on the command
// line, or in what it names.
type misuse struct {
	number int
	err    error
}

func (m misuse) Error() string { return m.err.Error() }
func (m misuse) Unwrap() error { return m.err }

func misusef(number int, format string, args ...any) error {
	return misuse{number, fmt.Errorf(format, args...)}
}

// Where an error comes from, where that decides its number.
var (
	errStartFile = errors.New("start-up file")
	errPassword  = errors.New("password")
	errLogin     = errors.New("login")
	errShell     = errors.New("ssh")
	errLocalDir  = errors.New("lcd")
	errPattern   = errors.New("local pattern")
	errTarget    = errors.New("local target")
)

// failure is an error as scripts see it.
type failure struct {
	number int
	text   string
}

func (f failure) Error() string { return f.text }

// subject is what an error is about: the file, directory or host it names, and
// the command.
type subject struct{ name, command string }

// describe numbers err and words it.
func describe(err error, about subject) failure {
	var wrong misuse
	if errors.As(err, &wrong) {
		return failure{wrong.number, wrong.Error()}
	}
	for _, n := range errorNumbers {
		if n.fits != nil && n.fits(err) {
			return failure{n.Number, n.word(err, about)}
		}
	}
	panic("the last line of the table fits every error")
}

// describeWarning does the same for a warning.
func describeWarning(err error) failure {
	for _, n := range warningNumbers {
		if n.fits != nil && n.fits(err) {
			return failure{n.Number, n.word(err, subject{})}
		}
	}
	panic("the last line of the table fits every warning")
}

func (n Number) word(err error, about subject) string {
	if n.text == "" {
		return untried(err).Error()
	}
	return strings.NewReplacer("{name}", about.name, "{command}", about.command, "{cause}", cause(err)).Replace(n.text)
}

// untried takes off what says that all tries were used: each was reported.
func untried(err error) error {
	var exhausted *client.ExhaustedError
	if errors.As(err, &exhausted) {
		return exhausted.Err
	}
	return err
}

// cause is the innermost reason of err, in the words of the C library, or of
// the server.
func cause(err error) string {
	var (
		refused *client.RefusedError
		login   *client.LoginError
		broken  *client.BrokenError
		errno   syscall.Errno
	)
	switch {
	case errors.As(err, &refused):
		return refused.Text
	case errors.As(err, &errno):
		first, size := utf8.DecodeRuneInString(errno.Error())
		return string(unicode.ToUpper(first)) + errno.Error()[size:]
	case errors.As(err, &login):
		return login.Err.Error()
	case errors.As(err, &broken):
		return broken.Err.Error()
	}
	for _, known := range []error{command.ErrArguments, command.ErrTURL, errPassword, errLogin, errShell, errLocalDir, errPattern, errTarget} {
		if text, found := strings.CutPrefix(untried(err).Error(), known.Error()+": "); found {
			return text
		}
	}
	return untried(err).Error()
}
