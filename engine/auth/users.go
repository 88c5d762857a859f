package auth

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"syscall"

	"bbftp/engine/auth/internal/password"
)

// maxUsersFile is far more than any users file has.
const maxUsersFile = 16 << 20

// Users is a fixed set of accounts with their password hashes. It is safe for
// concurrent use.
type Users struct {
	records       []record
	index         map[string]int  // name to records
	decoyHashes   []password.Hash // what unknown users are checked against, never empty
	decoys        *password.Decoys
	proofs        *password.Proofs
	turns         password.Turns
	worldReadable bool
}

var _ Authenticator = (*Users)(nil)

func newUsers(records []record) *Users {
	u := &Users{
		records: records,
		index:   make(map[string]int, len(records)),
		decoys:  password.NewDecoys(),
		proofs:  password.NewProofs(),
		turns:   password.NewTurns(password.AtOnce),
	}
	for i, r := range records {
		u.index[r.Name] = i
		u.decoyHashes = append(u.decoyHashes, r.hash)
	}
	return u
}

// nobody is a set without an account.
func nobody() *Users {
	decoy, _ := password.New(rand.Text())
	u := newUsers(nil)
	u.decoyHashes = []password.Hash{decoy}
	return u
}

// Format writes how many accounts there are, and nothing of their hashes.
func (u *Users) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "%d accounts", len(u.records)) }

// LoadUsers reads a users file: one account per line,
//
//	name:hash:directory[:options]
//
// where hash is an argon2id PHC string ($argon2id$v=19$m=19456,t=2,p=1$…, of at
// most 256 MiB, 16 passes and 16 lanes) or bcrypt ($2a$, $2b$, $2y$, of cost at
// most 16; only the first 72 bytes of a password count), the directory is
// absolute or empty (Account.Dir), and the options, between commas, are
//
//	mass-storage        Account.MassStorage is "/"
//	mass-storage=/path  Account.MassStorage
//	read-only           Account.ReadOnly
//	sessions=N          Account.Sessions, 1 to 1000000
//	streams=N           Account.Streams, 1 to 1000000
//	rate=N              Account.Rate in bytes per second, 1000 to 1000000000000000
//
// Lines that are blank or start with # are skipped.
//
// Errors name the file, the line and the cause, never a hash. A file without
// an account is ErrNoUsers. A file that its group or everyone may write is
// refused, since whoever writes it is every account.
func LoadUsers(path string) (*Users, error) {
	return loadTrusted(path, nil)
}

func loadTrusted(path string, trust []Trust) (*Users, error) {
	u, err := loadUsers(path, trust)
	if err != nil {
		return nil, fmt.Errorf("load users file %s: %w", path, err)
	}
	return u, nil
}

func loadUsers(path string, trust []Trust) (*Users, error) {
	// Without O_NONBLOCK a pipe nobody writes to would hold up who reads the file again.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("not a regular file (%s)", info.Mode().Type())
	}
	if info.Mode()&0o022 != 0 {
		return nil, fmt.Errorf("mode %#o lets others than the owner write it", info.Mode().Perm())
	}
	for _, trusts := range trust {
		if err := trusts(info); err != nil {
			return nil, err
		}
	}
	data, err := readUsers(f)
	if err != nil {
		return nil, err
	}
	records, err := parseUsers(data)
	if err != nil {
		return nil, err
	}
	u := newUsers(records)
	u.worldReadable = info.Mode()&0o004 != 0
	return u, nil
}

func readUsers(f *os.File) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(f, maxUsersFile+1))
	if err == nil && len(data) > maxUsersFile {
		err = fmt.Errorf("more than %d MiB", maxUsersFile>>20)
	}
	return data, err
}

// OneTime is a single account that exists in memory only. Nothing slows the
// guessing of its password, which therefore should be one that can't be guessed.
func OneTime(account Account, secret string) (*Users, error) {
	if err := account.check(); err != nil {
		return nil, fmt.Errorf("one-time account: %w", err)
	}
	if err := checkPassword(secret); err != nil {
		return nil, fmt.Errorf("one-time account %s: %w", account.Name, err)
	}
	return newUsers([]record{{Account: account, hash: password.NewProven([]byte(secret))}}), nil
}

func parseUsers(data []byte) ([]record, error) {
	var records []record
	number, definedAt := 0, map[string]int{}
	for line := range bytes.Lines(data) {
		number++
		field, ok, err := lineFields(string(line))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if !ok {
			continue
		}
		r, err := parseRecord(field)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if first, dup := definedAt[r.Name]; dup {
			return nil, fmt.Errorf("line %d: user %q is already in line %d", number, r.Name, first)
		}
		definedAt[r.Name] = number
		records = append(records, r)
	}
	if len(records) == 0 {
		return nil, ErrNoUsers
	}
	return records, nil
}

// WorldReadable reports whether anyone on the machine could read the hashes
// when the file was loaded: worth a warning.
func (u *Users) WorldReadable() bool { return u.worldReadable }

// Accounts lists the accounts in the order of the file, at least one.
func (u *Users) Accounts() []Account {
	accounts := make([]Account, len(u.records))
	for i, r := range u.records {
		accounts[i] = r.Account
	}
	return accounts
}

// Authenticate checks one password. At most two checks run at once; waiting for
// a turn ends with the cause of ctx, or ErrBusy after 30 s. A check that has
// begun runs to its end.
//
// Every login costs one check of a hash from this file, be the user known or
// not and the login readable or not. Only the password that opened an account
// before opens it again at once (see [password.Proofs]), also while a flood of
// wrong ones keeps the turns.
func (u *Users) Authenticate(ctx context.Context, c Credentials) (Account, error) {
	name, secret, readable := c.Reveal()
	i, known := u.index[name]
	var r record
	hash := u.decoyHashes[u.decoys.Choose(name, len(u.decoyHashes))]
	if known {
		r = u.records[i]
		hash = r.hash
	}
	if again := u.proofs.Opened(name, r.text, secret); again && known && readable {
		return r.Account, nil
	}
	if err := u.turns.Take(ctx); err != nil {
		return Account{}, fmt.Errorf("check password of %v: %w", c, err)
	}
	defer u.turns.Release()
	if matches := hash.Matches(secret); !matches || !known || !readable {
		return Account{}, ErrDenied
	}
	u.proofs.Remember(name, r.text, secret)
	return r.Account, nil
}

// succeed takes over from old what outlives a change of the file: the turns, so
// that there are not twice as many, and the proven passwords of accounts whose
// hash is the same.
func (u *Users) succeed(old *Users) {
	u.turns, u.decoys, u.proofs = old.turns, old.decoys, old.proofs
	u.proofs.Forget(func(account, hash string) bool {
		i, known := u.index[account]
		return known && u.records[i].text == hash
	})
}
