//go:build !linux

package clock

import (
	"time"

	"golang.org/x/sys/unix"
)

func thread() time.Duration { return 0 }

func process() (user, system time.Duration) {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0, 0
	}
	return time.Duration(u.Utime.Nano()), time.Duration(u.Stime.Nano())
}

func machine() (idle, all time.Duration, ok bool) { return 0, 0, false }
