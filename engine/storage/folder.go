package storage

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// folder is a directory held open. What is done in it stays in it, whatever
// becomes of the directory's path: names are single components, and a link is
// never followed.
type folder struct{ dir *os.File }

// entry is what stands at a name.
type entry struct {
	identity
	mode     fs.FileMode // type, permission bits and sticky bit
	uid, gid uint32
	links    uint64
}

// is reports whether e describes the file that info does.
func (e entry) is(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && e.identity == (identity{uint64(st.Dev), st.Ino})
}

// at runs do, again if a signal came between.
func (d folder) at(do func(fd int) error) error {
	return control(d.dir, func(fd int) error {
		for {
			if err := do(fd); !errors.Is(err, unix.EINTR) {
				return err
			}
		}
	})
}

// open opens name as known, which the errors of the file will say.
func (d folder) open(name string, flag int, perm fs.FileMode, known string) (f *os.File, err error) {
	err = d.at(func(fd int) error {
		opened, err := unix.Openat(fd, name, flag|unix.O_CLOEXEC|unix.O_NOFOLLOW, uint32(perm.Perm()))
		if err == nil {
			f = os.NewFile(uintptr(opened), known)
		}
		return err
	})
	return f, err
}

// stat describes what is at name, a link itself; "." is the folder.
func (d folder) stat(name string) (entry, error) {
	var st unix.Stat_t
	err := d.at(func(fd int) error { return unix.Fstatat(fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) })
	e := entry{
		identity: identity{uint64(st.Dev), st.Ino},
		mode:     fs.FileMode(st.Mode).Perm(), uid: st.Uid, gid: st.Gid, links: uint64(st.Nlink),
	}
	if st.Mode&unix.S_ISVTX != 0 {
		e.mode |= fs.ModeSticky
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
	case unix.S_IFDIR:
		e.mode |= fs.ModeDir
	case unix.S_IFLNK:
		e.mode |= fs.ModeSymlink
	default:
		e.mode |= fs.ModeIrregular
	}
	return e, err
}

func (d folder) mkdir(name string, perm fs.FileMode) error {
	return d.at(func(fd int) error { return unix.Mkdirat(fd, name, uint32(perm.Perm())) })
}

func (d folder) rename(from, to string) error {
	return d.at(func(fd int) error { return unix.Renameat(fd, from, fd, to) })
}

// remove removes anything but a directory.
func (d folder) remove(name string) error {
	return d.at(func(fd int) error { return unix.Unlinkat(fd, name, 0) })
}

// list opens the folder's list of names.
func (d folder) list() (*os.File, error) {
	return d.open(".", os.O_RDONLY|syscall.O_DIRECTORY, 0, ".")
}

func (d folder) close() { d.dir.Close() } // Nothing was written through it.
