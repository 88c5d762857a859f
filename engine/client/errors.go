package client

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"bbftp/engine/wire"
)

// RefusedError is the server's refusal, in its own words; Text may be "".
type RefusedError struct {
	Text    string
	NoRetry bool
}

func (e *RefusedError) Error() string {
	if strings.TrimSpace(e.Text) == "" {
		return "the server refuses, and does not say why"
	}
	return e.Text
}

// LocalError is a failure on this machine that no retry mends.
type LocalError struct {
	Op  string
	Err error
}

func (e *LocalError) Error() string { return fmt.Sprintf("%s: %v", e.Op, e.Err) }
func (e *LocalError) Unwrap() error { return e.Err }

// RequestError is a remote name that the protocol can't carry.
type RequestError struct {
	Op   string // "" where the error it is wrapped in says it
	Name string
	Err  error
}

func (e *RequestError) Error() string {
	op := ""
	if e.Op != "" {
		op = e.Op + ": "
	}
	if len(e.Name) > wire.MaxNameV1 {
		return fmt.Sprintf("%sremote name of %d bytes: version 1 carries at most %d of a file's and %d of a directory's, the others %d",
			op, len(e.Name), wire.MaxNameV1, wire.MaxPathV1, wire.MaxString)
	}
	cause := e.Err
	if in := (*wire.Error)(nil); errors.As(cause, &in) {
		cause = in.Err // where in the message is of no use to who chose the name
	}
	return fmt.Sprintf("%sremote name %q: %v", op, e.Name, cause)
}

func (e *RequestError) Unwrap() error { return e.Err }

// SessionError is a session that did not begin: reaching the server, the login or
// the choice of a version failed. The operations that follow need one too.
type SessionError struct{ Err error }

func (e *SessionError) Error() string { return e.Err.Error() }
func (e *SessionError) Unwrap() error { return e.Err }

// ConnectError is a control connection that could not be made.
type ConnectError struct{ Err error }

func (e *ConnectError) Error() string { return e.Err.Error() }
func (e *ConnectError) Unwrap() error { return e.Err }

// BrokenError is a control connection that was lost or made no sense; it is
// closed.
type BrokenError struct{ Err error }

func (e *BrokenError) Error() string { return fmt.Sprintf("control connection: %v", e.Err) }
func (e *BrokenError) Unwrap() error { return e.Err }

// LoginError is a login that can't succeed: bad key, bad credentials.
type LoginError struct{ Err error }

func (e *LoginError) Error() string { return fmt.Sprintf("login: %v", e.Err) }
func (e *LoginError) Unwrap() error { return e.Err }

// ExhaustedError is the last error of an operation whose tries are used up.
type ExhaustedError struct {
	Tries int
	Err   error
}

func (e *ExhaustedError) Error() string {
	if e.Tries == 1 {
		return e.Err.Error()
	}
	return fmt.Sprintf("gave up after %d tries: %v", e.Tries, e.Err)
}

func (e *ExhaustedError) Unwrap() error { return e.Err }

// VersionError is something the version agreed on has no words for.
type VersionError struct {
	Op      string
	Version int
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%s: version %d of the protocol can't", e.Op, e.Version)
}

// Unwrap returns [errors.ErrUnsupported].
func (*VersionError) Unwrap() error { return errors.ErrUnsupported }

// ErrVersion reports a server without a protocol version in common.
var ErrVersion = errors.New("no protocol version in common")

// ErrUnasked reports a listing with a name that does not match the pattern.
var ErrUnasked = errors.New("the server lists a name that was not asked for")

// Retryable tells whether trying again may help.
func Retryable(err error) bool {
	var (
		refused   *RefusedError
		local     *LocalError
		login     *LoginError
		exhausted *ExhaustedError
		request   *RequestError
		version   *VersionError
		name      *net.DNSError
	)
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return false
	case errors.As(err, &refused):
		return !refused.NoRetry
	case errors.As(err, &local), errors.As(err, &request), errors.As(err, &login), errors.As(err, &exhausted), errors.As(err, &version),
		errors.Is(err, ErrVersion), errors.Is(err, ErrUnasked):
		return false
	}
	return true
}

// refused turns a MSG_BAD or MSG_BAD_NO_RETRY into an error.
func refused(r wire.Reply) error {
	return &RefusedError{Text: r.Text, NoRetry: r.Kind == wire.MsgBadNoRetry}
}

func isRefusal(err error) bool {
	_, refusal := errors.AsType[*RefusedError](err)
	return refusal
}

// excerpt quotes what a server said, as much of it as tells a person what it is.
func excerpt(text string) string {
	const shown = 200
	if len(text) > shown {
		return fmt.Sprintf("%q… (%d bytes)", text[:shown], len(text))
	}
	return strconv.Quote(text)
}
