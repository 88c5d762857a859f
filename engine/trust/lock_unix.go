//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package trust

import (
	"os"
	"syscall"
)

// lock waits for the exclusive lock of f, which ends when f is closed.
func lock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if err != syscall.EINTR {
			return err
		}
	}
}
