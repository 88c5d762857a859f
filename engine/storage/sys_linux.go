package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// pathOnly opens a directory for setMode without any permission on it, which a
// process umask may have taken away.
const pathOnly = unix.O_PATH

// setMode is fchmod for a descriptor opened pathOnly.
func setMode(f *os.File, perm fs.FileMode) error {
	return control(f, func(fd int) error {
		err := unix.Fchmodat(fd, "", uint32(perm.Perm()), unix.AT_EMPTY_PATH)
		if errors.Is(err, errors.ErrUnsupported) { // before Linux 6.6
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

// space returns the bytes that are free for us and the total of f's file system,
// fstatfs(2).
func space(f *os.File) (free, total int64, err error) {
	err = control(f, func(fd int) error {
		var st unix.Statfs_t
		for {
			err := unix.Fstatfs(fd, &st)
			if err == unix.EINTR {
				continue
			}
			unit := int64(st.Frsize)
			free, total = bytes(st.Bavail, unit), bytes(st.Blocks, unit)
			return err
		}
	})
	return free, total, err
}

func bytes(blocks uint64, unit int64) int64 {
	if unit > 0 && blocks > uint64(math.MaxInt64/unit) {
		return math.MaxInt64
	}
	return int64(blocks) * unit
}

func control(f *os.File, do func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	if e := raw.Control(func(fd uintptr) { err = do(int(fd)) }); e != nil {
		return e
	}
	return err
}
