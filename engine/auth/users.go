package auth

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// Password checks are slow and large on purpose, so few run at once and a
// login waits its turn for a bounded time.
const (
	maxChecks = 2
	maxWait   = 30 * time.Second
)

// Users is a fixed set of accounts with their password hashes. It is safe for
// concurrent use.
type Users struct {
	records       []record                 // never empty
	index         map[string]int           // name to records
	logins        []atomic.Pointer[proven] // by record: what last opened it, nil for nothing yet
	decoyKey      []byte
	slots         chan struct{} // holds one element per running check
	worldReadable bool
}

var _ Authenticator = (*Users)(nil)

func newUsers(records []record) *Users {
	u := &Users{
		records:  records,
		index:    make(map[string]int, len(records)),
		logins:   make([]atomic.Pointer[proven], len(records)),
		decoyKey: make([]byte, sha256.Size),
		slots:    make(chan struct{}, maxChecks),
	}
	rand.Read(u.decoyKey) // never fails
	for i, r := range records {
		u.index[r.Name] = i
	}
	return u
}

// LoadUsers reads a users file: one account per line,
//
//	name:hash:directory[:options]
//
// where hash is an argon2id PHC string ($argon2id$v=19$m=19456,t=2,p=1$…) or
// bcrypt ($2a$, $2b$, $2y$; only the first 72 bytes of a password count), the
// directory is absolute or empty (Account.Dir), and the options are
// "mass-storage" or "mass-storage=/path" (Account.MassStorage). Lines that are
// blank or start with # are skipped.
//
// Errors name the file, the line and the cause, never a hash. A file without
// an account is ErrNoUsers. A file that its group or everyone may write is
// refused, since whoever writes it is every account.
func LoadUsers(path string) (*Users, error) {
	u, err := loadUsers(path)
	if err != nil {
		return nil, fmt.Errorf("load users file %s: %w", path, err)
	}
	return u, nil
}

func loadUsers(path string) (*Users, error) {
	f, err := os.Open(path)
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
	data, err := io.ReadAll(f)
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

// OneTime is a single account that exists in memory only. Nothing slows the
// guessing of its password, which therefore should be one that can't be guessed.
func OneTime(account Account, password string) (*Users, error) {
	if err := account.check(); err != nil {
		return nil, fmt.Errorf("one-time account: %w", err)
	}
	if err := checkPassword(password); err != nil {
		return nil, fmt.Errorf("one-time account %s: %w", account.Name, err)
	}
	return newUsers([]record{{account, newProven(password)}}), nil
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
// before opens it again at once: clients that connect for every file need not
// wait, and to those who don't know it nothing gets quicker.
func (u *Users) Authenticate(ctx context.Context, c Credentials) (Account, error) {
	i, known := u.index[c.user]
	if decoy := u.decoy(c.user); !known {
		i = decoy
	}
	if known && c.readable && u.openedBefore(i, c.password) {
		return u.records[i].Account, nil
	}
	if err := u.acquire(ctx); err != nil {
		return Account{}, fmt.Errorf("check password of %v: %w", c, err)
	}
	defer u.release()
	matches := u.records[i].hash.matches(c.password)
	if !known || !c.readable || !matches {
		return Account{}, ErrDenied
	}
	u.logins[i].Store(newProven(c.password))
	return u.records[i].Account, nil
}

// openedBefore reports whether password was the last to open record i.
func (u *Users) openedBefore(i int, password string) bool {
	p := u.logins[i].Load()
	return p != nil && p.matches(password)
}

// decoy chooses the record whose hash an unknown user is checked against. The
// same name meets the same record every time, as a real user would, and who
// tries many names sees the costs that the file's real users have. The key
// keeps anyone from computing which record a name must have met if unknown.
func (u *Users) decoy(name string) int {
	mac := hmac.New(sha256.New, u.decoyKey)
	io.WriteString(mac, name)
	return int(binary.BigEndian.Uint64(mac.Sum(nil)) % uint64(len(u.records)))
}

func (u *Users) acquire(ctx context.Context) error {
	wait, cancel := context.WithTimeoutCause(ctx, maxWait, ErrBusy)
	defer cancel()
	select {
	case u.slots <- struct{}{}:
		return nil
	case <-wait.Done():
		return context.Cause(wait)
	}
}

func (u *Users) release() { <-u.slots }
