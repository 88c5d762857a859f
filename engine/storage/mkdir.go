package storage

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"syscall"
)

// Mkdir makes one directory with exactly the permission bits of perm (mask
// 0777), whatever the umask of the process: the caller has applied the session's.
func (t *Tree) Mkdir(name string, perm fs.FileMode) error {
	at, err := t.toChange(name)
	switch {
	case err != nil:
	case at.info != nil:
		err = syscall.EEXIST
	default:
		_, err = t.makeDir(at.path, perm, false)
	}
	if err != nil {
		return failed("mkdir", name, err)
	}
	return nil
}

// MkdirAll makes the directory name and those missing on the way to it, each
// with exactly the permission bits of perm (mask 0777). A directory that is
// there, through links or not, is a success; EEXIST means that name is something
// else, a link that leads nowhere included, and ENOTDIR that something on the
// way is, or ENOENT that a link on the way leads nowhere. After a failure the
// directories made so far stay.
func (t *Tree) MkdirAll(name string, perm fs.FileMode) error {
	if err := t.mkdirAll(name, perm); err != nil {
		return failed("mkdir", name, err)
	}
	return nil
}

func (t *Tree) mkdirAll(name string, perm fs.FileMode) error {
	// A slash at the end would make a file there look like one on the way.
	if trimmed := strings.TrimRight(name, "/"); trimmed != "" {
		name = trimmed
	}
	if t.limits.ReadOnly {
		return syscall.EROFS
	}
	missing := t.provide(perm, false)
	at, err := t.walk(name, true, missing)
	switch {
	case err != nil:
	case at.info == nil && !at.link:
		_, err = missing(at)
	case at.info == nil || !at.info.IsDir():
		err = syscall.EEXIST
	}
	return err
}

// provide returns what to do about missing directories where they are wanted,
// and whether they are to survive a power failure.
func (t *Tree) provide(perm fs.FileMode, durable bool) func(place) (fs.FileInfo, error) {
	return func(at place) (fs.FileInfo, error) {
		if at.link {
			return nil, syscall.ENOENT
		}
		made, err := t.makeDir(at.path, perm, durable)
		if !errors.Is(err, fs.ErrExist) {
			return made, err
		}
		// Another session was faster; a directory of its is as good.
		if there, e := t.files.Lstat(inside(at.path)); e == nil && there.IsDir() {
			return there, nil
		}
		return nil, err
	}
}

// makeDir makes the directory at an absolute path without links and dots.
func (t *Tree) makeDir(name string, perm fs.FileMode, durable bool) (fs.FileInfo, error) {
	above, base := path.Split(name)
	parent, err := t.files.Folder(inside(above))
	if err != nil {
		return nil, err
	}
	defer parent.close()
	if err := parent.mkdir(base, 0o700); err != nil {
		return nil, err
	}
	// By descriptor, so that nothing put in its place is changed instead.
	dir, err := parent.open(base, pathOnly|syscall.O_DIRECTORY, 0, base)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	if err := setMode(dir, perm); err != nil {
		return nil, err
	}
	if durable {
		if err := t.syncFolder(parent); err != nil {
			return nil, err
		}
	}
	return dir.Stat()
}
