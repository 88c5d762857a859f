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
	"fmt"
	"strings"
)

// MaxLogin is the most bytes a user name or a password may have: OAEP with
// SHA-1 leaves that much of a 1024-bit block.
const MaxLogin = 86

var (
	// ErrDenied is the one answer to an unknown user, a wrong password and a
	// login that could not be read.
	ErrDenied = errors.New("login denied")
	// ErrBusy means a password check found no free slot in time; the login may
	// succeed when tried again.
	ErrBusy = errors.New("too many logins at once")
	// ErrTooLong means a user name or password does not fit the login message.
	ErrTooLong = errors.New("too long for the login message")
	// ErrNoUsers means a users file holds no account.
	ErrNoUsers = errors.New("no account in the users file")
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
}

// Credentials is a login as received. One that could not be read is marked so
// inside rather than reported, so that a server has no way to treat it
// differently from a wrong password: by reply or by time, that difference
// would tell an attacker which ciphertexts decrypt. The zero value is such a
// login.
type Credentials struct {
	user, password string
	readable       bool
}

// newCredentials refuses what no account can have. Legacy cuts a login at an
// embedded NUL, which lets one name stand for another.
func newCredentials(user, password string) Credentials {
	return Credentials{
		user:     user,
		password: password,
		readable: user != "" && !strings.ContainsRune(user+password, 0),
	}
}

// User is the name the client claims, of any bytes, for logs and replies.
func (c Credentials) User() string { return c.user }

// Format writes the quoted user name whatever the verb, so that no log line
// can show a password.
func (c Credentials) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "%q", c.user) }
