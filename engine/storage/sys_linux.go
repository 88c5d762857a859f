package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pathOnly opens a directory for setMode without any permission on it, which a
// process umask may have taken away.
const pathOnly = unix.O_PATH

// setMode is fchmod for a descriptor opened pathOnly.
func setMode(f *os.File, perm fs.FileMode) error {
	return control(f, func(fd int) error {
		err := unix.Fchmodat(fd, "", uint32(perm.Perm()), unix.AT_EMPTY_PATH)
		// The call is of Linux 6.6; a filter of calls (seccomp(2)) that is older forbids it.
		if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, unix.EPERM) {
			err = os.Chmod(fmt.Sprintf("/proc/self/fd/%d", fd), perm.Perm())
		}
		return err
	})
}

// preallocate sets size and blocks of f, fallocate(2).
func preallocate(f *os.File, size int64) error {
	return control(f, func(fd int) error {
		for {
			if err := unix.Fallocate(fd, 0, 0, size); err != unix.EINTR {
				return err
			}
		}
	})
}

// space describes f's file system, fstatfs(2).
func space(f *os.File) (Space, error) {
	var st unix.Statfs_t
	err := control(f, func(fd int) error {
		for {
			if err := unix.Fstatfs(fd, &st); err != unix.EINTR {
				return err
			}
		}
	})
	return Space{
		Blocks: st.Blocks, Available: st.Bavail, BlockSize: int64(st.Frsize),
		Inodes: st.Files, FreeInodes: st.Ffree, NameMax: int64(st.Namelen),
		Memory: uint32(st.Type) == unix.TMPFS_MAGIC || uint32(st.Type) == unix.RAMFS_MAGIC,
	}, err
}

// setTimes sets the times of f that are not zero, futimens(3).
func setTimes(f *os.File, accessed, modified time.Time) error {
	if accessed.IsZero() && modified.IsZero() {
		return nil
	}
	var times [2]unix.Timespec
	for i, t := range []time.Time{accessed, modified} {
		times[i].Nsec = unix.UTIME_OMIT
		if t.IsZero() {
			continue
		}
		var err error
		if times[i], err = unix.TimeToTimespec(t); err != nil {
			return err
		}
	}
	return control(f, func(fd int) error {
		// Without a path it is the descriptor's file that changes, which the
		// call of package unix cannot say.
		_, _, errno := unix.Syscall6(unix.SYS_UTIMENSAT, uintptr(fd), 0, uintptr(unsafe.Pointer(&times)), 0, 0, 0)
		if errno != 0 {
			return errno
		}
		return nil
	})
}

// statTimes returns the times of last access and of last change of the inode.
func statTimes(st *syscall.Stat_t) (accessed, changed time.Time) {
	return time.Unix(st.Atim.Unix()), time.Unix(st.Ctim.Unix())
}
