package auth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
)

// UsersFile is the accounts of a users file that may be read again while logins
// go on. It is safe for concurrent use.
type UsersFile struct {
	reload  sync.Mutex // one at a time
	current atomic.Pointer[Users]
	trust   []Trust
}

// Trust is asked about a users file, when it is open and before a byte of it is read. An
// error refuses the file.
type Trust func(info fs.FileInfo) error

var _ Authenticator = (*UsersFile)(nil)

// OpenUsers reads a users file, if trust has nothing against it, now and whenever it is
// read again; the errors are those of [LoadUsers] and of trust.
func OpenUsers(path string, trust ...Trust) (*UsersFile, error) {
	users, err := loadTrusted(path, trust)
	if err != nil {
		return nil, err
	}
	f := &UsersFile{trust: trust}
	f.current.Store(users)
	return f, nil
}

// Reload reads the users file, whose path may be another than before. With an
// error that is not ErrNoUsers everything stays as it was; a file that was read
// and holds no account lets nobody in, since that is what it says.
//
// Logins that wait for their turn end by the old file. The password that
// last opened an account goes on doing so at once if the account has the same hash.
// Sessions are left alone.
func (f *UsersFile) Reload(path string) error {
	f.reload.Lock()
	defer f.reload.Unlock()
	users, err := loadTrusted(path, f.trust)
	switch {
	case errors.Is(err, ErrNoUsers):
		users = nobody()
	case err != nil:
		return err
	}
	users.succeed(f.current.Load())
	f.current.Store(users)
	return err
}

// Users is the accounts as last read.
func (f *UsersFile) Users() *Users { return f.current.Load() }

// Authenticate implements [Authenticator] with the accounts as last read.
func (f *UsersFile) Authenticate(ctx context.Context, c Credentials) (Account, error) {
	return f.Users().Authenticate(ctx, c)
}

// Format writes how many accounts there are.
func (f *UsersFile) Format(state fmt.State, verb rune) { f.Users().Format(state, verb) }
