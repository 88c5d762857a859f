package auth

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"bbftp/engine/auth/internal/password"
)

// Change is one account as SetPassword writes it.
type Change struct {
	User     string // 1 to 86 bytes, without colon and control characters
	Password string `json:"-"` // 1 to 86 bytes, without NUL
	// KeepPassword changes the rest of an account that exists, and ignores Password.
	KeepPassword bool

	// The rest is as in Account. Nil keeps what the file says, which for a new
	// account is nothing.
	Dir, MassStorage  *string
	ReadOnly          *bool
	Sessions, Streams *int
	Rate              *int64
}

// Format writes the quoted user name, never the password.
func (c Change) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "%q", c.User) }

// SetPassword adds an account to the users file at path or replaces its line,
// with a new argon2id hash or, for Change.KeepPassword, the old one; an account that
// does not exist is then ErrNoUser. All other lines stay byte for byte, and so do mode
// and owner; a new file gets mode 0600. Readers see the old file or the new
// one, and changes by several processes follow one another.
func SetPassword(path string, c Change) error {
	if err := setPassword(path, c); err != nil {
		return fmt.Errorf("set password of %q in %s: %w", c.User, path, err)
	}
	return nil
}

func setPassword(path string, c Change) error {
	if _, err := c.apply(Account{Name: c.User}); err != nil {
		return err
	}
	if c.KeepPassword {
		return changeExisting(path, func(data []byte) ([]byte, error) { return editUsers(data, c, "") })
	}
	if err := checkPassword(c.Password); err != nil {
		return err
	}
	_, hash := password.New(c.Password) // before the lock, which others wait for
	return change(path, func(data []byte) ([]byte, error) { return editUsers(data, c, hash) })
}

// RemoveUser takes an account out of the users file at path, all other lines
// staying byte for byte. A file without that account is ErrNoUser. The last
// account may go; a daemon does not start with what is left.
func RemoveUser(path, user string) error {
	if err := removeUser(path, user); err != nil {
		return fmt.Errorf("remove %q from %s: %w", user, path, err)
	}
	return nil
}

func removeUser(path, user string) error {
	return changeExisting(path, func(data []byte) ([]byte, error) {
		var rest []byte
		for line := range bytes.Lines(data) {
			if _, mine, _ := lineOf(string(line), user); !mine {
				rest = append(rest, line...)
			}
		}
		if len(rest) == len(data) {
			return nil, ErrNoUser
		}
		return rest, nil
	})
}

// changeExisting is change of a file that must be there.
func changeExisting(path string, edit func(data []byte) ([]byte, error)) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	return change(path, edit)
}

// change replaces what the file at path, which is made if need be, holds, by what
// edit makes of it.
func change(path string, edit func(data []byte) ([]byte, error)) error {
	old, err := openLocked(path)
	if err != nil {
		return err
	}
	defer old.Close()
	data, err := readUsers(old)
	if err != nil {
		return err
	}
	if data, err = edit(data); err != nil {
		return err
	}
	// A symbolic link stays one; the file it names is replaced.
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	return replaceFile(target, old, data)
}

// lineOf cuts line into its fields if it is user's. A line that is wrong is the
// daemon's to refuse, unless it is ours: a typing error elsewhere must not keep
// anyone from a new password.
func lineOf(line, user string) (field []string, mine bool, err error) {
	field, says, err := lineFields(line)
	if name, _, _ := strings.Cut(line, ":"); !says || name != user {
		return nil, false, nil
	}
	return field, true, err
}

// editUsers replaces the line of c.User, or adds one at the end. Without a hash
// the line must be there, and keeps its own.
func editUsers(data []byte, c Change, hash string) ([]byte, error) {
	var edited []byte
	number, foundAt := 0, 0
	for line := range bytes.Lines(data) {
		number++
		field, mine, err := lineOf(string(line), c.User)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if !mine {
			edited = append(edited, line...)
			continue
		}
		if foundAt != 0 {
			return nil, fmt.Errorf("line %d: user %q is already in line %d", number, c.User, foundAt)
		}
		foundAt = number
		account, err := parseAccount(field)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if account, err = c.apply(account); err != nil {
			return nil, err
		}
		if hash == "" {
			edited = append(edited, account.line(field[1])+"\n"...)
		} else {
			edited = append(edited, account.line(hash)+"\n"...)
		}
	}
	switch {
	case foundAt != 0:
		return edited, nil
	case hash == "":
		return nil, ErrNoUser
	}
	if len(edited) > 0 && !bytes.HasSuffix(edited, []byte("\n")) {
		edited = append(edited, '\n')
	}
	account, err := c.apply(Account{Name: c.User})
	return append(edited, account.line(hash)+"\n"...), err
}

// apply puts the changes over what an account was.
func (c Change) apply(account Account) (Account, error) {
	if c.Dir != nil {
		account.Dir = *c.Dir
	}
	if c.MassStorage != nil {
		account.MassStorage = *c.MassStorage
	}
	if c.ReadOnly != nil {
		account.ReadOnly = *c.ReadOnly
	}
	if c.Sessions != nil {
		account.Sessions = *c.Sessions
	}
	if c.Streams != nil {
		account.Streams = *c.Streams
	}
	if c.Rate != nil {
		account.Rate = *c.Rate
	}
	return account, account.check()
}
