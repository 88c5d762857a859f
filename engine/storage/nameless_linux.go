package storage

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// nameless makes a file without a name, O_TMPFILE of open(2): however its process
// ends, nothing stays. It is like any new file of its directory in owner,
// group, access control list and quota. Where the file system has no such files
// the error is [errors.ErrUnsupported].
func nameless(d folder, known string) (*os.File, error) {
	f, err := d.open(".", unix.O_TMPFILE|os.O_RDWR, 0o600, known)
	// EISDIR is how a system says it that does not know the flag.
	if errors.Is(err, unix.EISDIR) || errors.Is(err, unix.EINVAL) {
		err = errors.ErrUnsupported
	}
	return f, err
}

// link gives f, which has none, a name in d that must be free. The way over
// /proc needs no privilege; AT_EMPTY_PATH does.
func (d folder) link(f *os.File, name string) error {
	return control(f, func(file int) error {
		from := fmt.Sprintf("/proc/self/fd/%d", file)
		return d.at(func(fd int) error { return unix.Linkat(unix.AT_FDCWD, from, fd, name, unix.AT_SYMLINK_FOLLOW) })
	})
}
