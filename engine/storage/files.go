package storage

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// files is what a Tree needs from a file system below some directory. Names are
// relative to that directory, "." is the directory itself; callers pass only
// names which resolve has freed of links and dots.
type files interface {
	// OpenFile never follows a link at name out of the directory.
	OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error)
	Lstat(name string) (fs.FileInfo, error)
	Readlink(name string) (string, error)
	// Folder opens a directory, for what changes something in it.
	Folder(name string) (folder, error)
	// Sub returns what lies below a directory.
	Sub(name string) (files, error)
	Close() error
}

// confined leaves the guarantee to the kernel and os.Root: whatever races with
// our resolution, an operation ends below the root.
type confined struct{ root *os.Root }

func (c confined) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	f, err := c.root.OpenFile(name, flag, perm)
	return f, c.judge(err)
}

func (c confined) Lstat(name string) (fs.FileInfo, error) {
	info, err := c.root.Lstat(name)
	return info, c.judge(err)
}

func (c confined) Readlink(name string) (string, error) {
	target, err := c.root.Readlink(name)
	return target, c.judge(err)
}

func (c confined) Folder(name string) (folder, error) {
	f, err := c.OpenFile(name, pathOnly|syscall.O_DIRECTORY, 0)
	return folder{f}, err
}

func (c confined) Close() error { return c.root.Close() }

func (c confined) Sub(name string) (files, error) {
	// The trailing dot makes os.Root open name itself as a directory on the way:
	// its plain open of the last component would block on a FIFO put there meanwhile.
	root, err := c.root.OpenRoot(name + "/.")
	if err != nil {
		return nil, c.judge(err)
	}
	return confined{root}, nil
}

// judge gives ErrEscapes its place in the errors of os.Root, whose own word for
// it is not exported: the only failure of a Root, for the names and modes we
// pass, that is neither an errno nor ErrClosed.
func (confined) judge(err error) error {
	var errno syscall.Errno
	if err == nil || errors.As(err, &errno) || errors.Is(err, fs.ErrClosed) {
		return err
	}
	return ErrEscapes
}

// plain reaches everything below dir by path. os.Root cannot stand in for it:
// it opens the directories on the way for reading, and so fails where a
// directory may only be searched (mode 0711).
type plain struct{ dir string }

func (p plain) path(name string) string {
	if p.dir == "/" {
		return p.dir + name
	}
	return p.dir + "/" + name
}

func (p plain) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	return os.OpenFile(p.path(name), flag|syscall.O_NOFOLLOW, perm)
}

func (p plain) Lstat(name string) (fs.FileInfo, error) { return os.Lstat(p.path(name)) }
func (p plain) Readlink(name string) (string, error)   { return os.Readlink(p.path(name)) }
func (p plain) Folder(name string) (folder, error) {
	f, err := p.OpenFile(name, pathOnly|syscall.O_DIRECTORY, 0)
	return folder{f}, err
}

func (p plain) Sub(name string) (files, error) { return plain{p.path(name)}, nil }
func (p plain) Close() error                   { return nil }
