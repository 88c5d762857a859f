package peer

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// exited waits until the process has ended, and leaves it to be reaped.
func exited(pid int) bool {
	for {
		switch unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil) {
		case nil:
			return true
		case unix.EINTR:
		default:
			return false
		}
	}
}

// cpuTime is the CPU time of a living process so far, without its children's;
// 0 if there is none.
func cpuTime(pid int) time.Duration {
	// The clock of a process (clock_getcpuclockid(3)): its number inverted, and
	// the kind CPUCLOCK_SCHED in the lowest three bits.
	const sched = 2
	var t unix.Timespec
	if unix.ClockGettime(int32(^pid<<3|sched), &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// peakMemory is the largest that the resident memory of a living process has
// been, in bytes; 0 if there is none.
func peakMemory(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, line, _ := bytes.Cut(status, []byte("VmHWM:"))
	line, _, _ = bytes.Cut(line, []byte("kB"))
	kib, _ := strconv.ParseInt(string(bytes.TrimSpace(line)), 10, 64) // 0 of one that has ended
	return kib << 10
}
