package auth

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Change is one account as SetPassword writes it.
type Change struct {
	User     string // 1 to 86 bytes, without colon and control characters
	Password string // 1 to 86 bytes, without NUL

	// Dir and MassStorage are those of Account. Nil keeps what the file says,
	// which for a new account is nothing.
	Dir, MassStorage *string
}

// SetPassword adds an account to the users file at path or replaces its line,
// with a new argon2id hash. All other lines stay byte for byte, and so do mode
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
	if err := checkPassword(c.Password); err != nil {
		return err
	}
	// Before the lock, which others wait for.
	hash := newArgon2id(c.Password).String()

	old, err := openLocked(path)
	if err != nil {
		return err
	}
	defer old.Close()
	data, err := io.ReadAll(old)
	if err != nil {
		return err
	}
	data, err = editUsers(data, c, hash)
	if err != nil {
		return err
	}
	// A symbolic link stays one; the file it names is replaced.
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	return replaceFile(target, old, data)
}

// editUsers replaces the line of c.User, or adds one at the end.
func editUsers(data []byte, c Change, hash string) ([]byte, error) {
	var edited []byte
	number, foundAt := 0, 0
	for line := range bytes.Lines(data) {
		number++
		// A line that is wrong is the daemon's to refuse, unless it is ours:
		// a typing error elsewhere must not keep anyone from a new password.
		field, ok, err := lineFields(string(line))
		if name, _, _ := strings.Cut(string(line), ":"); !ok || name != c.User {
			edited = append(edited, line...)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
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
		edited = append(edited, account.line(hash)+"\n"...)
	}
	if foundAt != 0 {
		return edited, nil
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
	return account, account.check()
}

// openLocked opens or creates path and holds its lock until the file is
// closed. Whoever waited for the lock may hold that of a file replaced in the
// meantime, and starts again.
func openLocked(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		current, err := lockCurrent(f, path)
		if current {
			return f, nil
		}
		f.Close()
		if err != nil {
			return nil, err
		}
	}
}

// lockCurrent reports whether the locked f is still what path names.
func lockCurrent(f *os.File, path string) (bool, error) {
	if err := lock(f); err != nil {
		return false, fmt.Errorf("lock: %w", err)
	}
	held, err := f.Stat()
	if err != nil {
		return false, err
	}
	if !held.Mode().IsRegular() {
		return false, fmt.Errorf("not a regular file (%s)", held.Mode().Type())
	}
	named, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(held, named), err
}

// replaceFile puts data in the place of the open file old at path.
func replaceFile(path string, old *os.File, data []byte) (err error) {
	info, err := old.Stat()
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	temp, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			temp.Close()
			os.Remove(temp.Name())
		}
	}()
	if _, err = temp.Write(data); err != nil {
		return err
	}
	// Owner first: the mode may say more about the group than its members of
	// the moment should read.
	if err = takeOwner(temp, info); err != nil {
		return fmt.Errorf("keep the owner: %w", err)
	}
	if err = temp.Chmod(info.Mode().Perm()); err != nil {
		return err
	}
	if err = temp.Sync(); err != nil {
		return err
	}
	if err = temp.Close(); err != nil {
		return err
	}
	if err = os.Rename(temp.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
