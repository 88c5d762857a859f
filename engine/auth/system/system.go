// Package system lets the accounts of the machine in, for a daemon that serves
// each session with the user's own rights.
//
//	Shadow   /etc/passwd, /etc/shadow and /etc/group, without cgo
//	PAM      whatever the machine asks its users through PAM (build tag pam)
//
// Never let in are uid 0, and the uid and gid 2^32-1, which to the kernel mean
// "no change". There is no other least uid: the accounts of services have no
// password, and where one has, that is the site's wish.
package system

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path"

	"bbftp/engine/auth"
)

// User is an account of the machine and the rights it has there.
type User struct {
	// Account has the name and, as Dir, the home.
	auth.Account
	// UID is never 0, nor are UID and GID 2^32-1.
	UID, GID uint32
	// Groups are all the groups of the user, GID first, none twice.
	Groups []uint32
	// Home is absolute and in its shortest form.
	Home  string
	Shell string
}

// Accounts lets accounts of the machine in.
type Accounts interface {
	auth.Authenticator
	// Login is Authenticate with all there is to know about who came in. Denials
	// have a reason, for the log.
	Login(ctx context.Context, c auth.Credentials) (User, error)
	// Lookup finds a user by name, without asking for a password. The error wraps
	// ErrUnknown, or says why the user is never let in.
	Lookup(name string) (User, error)
}

var (
	// ErrUnknown means the machine has no such user.
	ErrUnknown = errors.New("no such user")
	// ErrNoPAM means the program was built without PAM.
	ErrNoPAM = errors.New("this program was built without PAM (build tag pam)")
)

const none = math.MaxUint32

// check says why u is never let in.
func (u User) check() error {
	switch {
	case u.UID == 0:
		return errors.New("uid 0 is never let in")
	case u.UID == none || u.GID == none:
		return errors.New("uid or gid 4294967295 is none")
	case !path.IsAbs(u.Home):
		return fmt.Errorf("home %q is not absolute", u.Home)
	}
	return nil
}

// newUser settles what follows from the home and the groups.
func newUser(name string, uid, gid uint32, home, shell string) User {
	if path.IsAbs(home) {
		home = path.Clean(home)
	}
	return User{
		Account: auth.Account{Name: name, Dir: home},
		UID:     uid, GID: gid, Groups: []uint32{gid}, Home: home, Shell: shell,
	}
}

// join adds a group.
func (u *User) join(gid uint32) {
	for _, already := range u.Groups {
		if already == gid {
			return
		}
	}
	if gid != none {
		u.Groups = append(u.Groups, gid)
	}
}

// denied is a denial with its reason.
func denied(reason error) error { return fmt.Errorf("%w: %w", auth.ErrDenied, reason) }
