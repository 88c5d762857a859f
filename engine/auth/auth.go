// Package auth answers two questions of the login (wire.md 3): what did the
// client send, and may that account in.
//
//	server: KeyPool.Take → Key.Offer → Key.Open (or OpenClear) → Authenticator
//	client: Seal (or ClearLog)
//
// The RSA envelope hides the login from a listener but proves nothing about
// the server; that is all the protocol has (wire.md 14).
package auth

import (
	"context"
	"errors"

	"bbftp/engine/auth/internal/password"
)

// MaxLogin is the most bytes a user name or a password may have: OAEP with
// SHA-1 leaves that much of a 1024-bit block.
const MaxLogin = 86

var (
	// ErrDenied is the one answer to an unknown user, a wrong password and a
	// login that could not be read. An error that wraps it may have a reason, which
	// is for the log and never for the peer.
	ErrDenied = errors.New("login denied")
	// ErrBusy means a password check found no free slot in time; the login may
	// succeed when tried again.
	ErrBusy = password.ErrBusy
	// ErrTooLong means a user name or password does not fit the login message.
	ErrTooLong = errors.New("too long for the login message")
	// ErrNoUsers means a users file holds no account.
	ErrNoUsers = errors.New("no account in the users file")
	// ErrNoUser means a users file does not hold the account.
	ErrNoUser = errors.New("no such user")
)

// Authenticator decides who may in.
type Authenticator interface {
	// Authenticate returns the account that c opens, or an error wrapping
	// ErrDenied, ErrBusy or the cause of ctx.
	Authenticate(ctx context.Context, c Credentials) (Account, error)
}

// Account is what a login gives access to.
type Account struct {
	// Name has 1 to 86 bytes.
	Name string
	// Dir is the absolute directory the account is confined to; "" leaves the
	// choice to the daemon.
	Dir string
	// MassStorage is the absolute path below which the account may read mass
	// storage: "/" for all of it, "" for none.
	MassStorage string
	// ReadOnly lets the account change nothing.
	ReadOnly bool
	// Sessions and Streams are the most it may have at once, all its sessions
	// together; 0 leaves it to the daemon.
	Sessions, Streams int
	// Rate is the most bytes per second of all its data streams; 0: no limit of its own.
	Rate int64
}
