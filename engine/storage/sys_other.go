//go:build !linux

package storage

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// pathOnly opens a directory for setMode, which needs a descriptor for reading here.
const pathOnly = os.O_RDONLY

func setMode(f *os.File, perm fs.FileMode) error { return f.Chmod(perm.Perm()) }

func preallocate(*os.File, int64) error { return errors.ErrUnsupported }

// setTimes sets the times of f that are not zero, futimes(2), which knows
// microseconds and cannot leave one out.
func setTimes(f *os.File, accessed, modified time.Time) error {
	if accessed.IsZero() && modified.IsZero() {
		return nil
	}
	return control(f, func(fd int) error {
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			return err
		}
		times := []unix.Timeval{unix.NsecToTimeval(st.Atim.Nano()), unix.NsecToTimeval(st.Mtim.Nano())}
		for i, t := range []time.Time{accessed, modified} {
			if !t.IsZero() {
				times[i] = unix.NsecToTimeval(t.UnixNano())
			}
		}
		return unix.Futimes(fd, times)
	})
}
