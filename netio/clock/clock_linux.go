package clock

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

func thread() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

func process() (user, system time.Duration) {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0, 0
	}
	return time.Duration(u.Utime.Nano()), time.Duration(u.Stime.Nano())
}

// tick is the unit of /proc/stat: USER_HZ, 100 on every architecture of Linux
// that Go runs on.
const tick = 10 * time.Millisecond

// machine reads the first line of /proc/stat, proc(5): "cpu", then ticks as user,
// nice, system, idle, iowait and others; the ninth and tenth are in the first.
func machine() (idle, all time.Duration, ok bool) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, false
	}
	line, _, _ := bytes.Cut(stat, []byte("\n"))
	fields := bytes.Fields(line)
	if len(fields) < 9 || string(fields[0]) != "cpu" {
		return 0, 0, false
	}
	for i, field := range fields[1:9] {
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, 0, false
		}
		spent := time.Duration(n) * tick
		all += spent
		const idleAt, iowaitAt = 3, 4
		if i == idleAt || i == iowaitAt {
			idle += spent
		}
	}
	return idle, all, true
}
