//go:build !pam

package system

import (
	"context"

	"bbftp/engine/auth"
)

// PAM is not in this program: see [ErrNoPAM].
type PAM struct{}

var _ Accounts = (*PAM)(nil)

// NewPAM returns ErrNoPAM.
func NewPAM(string) (*PAM, error) { return nil, ErrNoPAM }

// Authenticate returns ErrNoPAM.
func (*PAM) Authenticate(context.Context, auth.Credentials) (auth.Account, error) {
	return auth.Account{}, ErrNoPAM
}

// Login returns ErrNoPAM.
func (*PAM) Login(context.Context, auth.Credentials) (User, error) { return User{}, ErrNoPAM }

// Lookup returns ErrNoPAM.
func (*PAM) Lookup(string) (User, error) { return User{}, ErrNoPAM }
