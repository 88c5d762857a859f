package storage

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// fsync waits until f is on disk; tests replace it by a disk that fails.
func fsync(f *os.File) error { return f.Sync() }

// syncFolder waits until the names in a directory are on disk.
func (t *Tree) syncFolder(dir folder) error {
	f, err := dir.list()
	if err != nil {
		return fmt.Errorf("open the directory above to sync it: %w", cause(err))
	}
	defer f.Close()
	if err := syncNames(f, t.fsync); err != nil {
		return fmt.Errorf("sync the directory above: %w", cause(err))
	}
	return nil
}

// syncNames waits until the names in a directory are on disk. Some file systems
// of networks have no such call and say EINVAL: they keep names as durable as
// they ever will without it.
func syncNames(dir *os.File, fsync func(*os.File) error) error {
	if err := fsync(dir); err != nil && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}
