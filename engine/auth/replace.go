package auth

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

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
