package wan

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// stolen is how much time of this machine's processors a hypervisor has given
// to others since the start; 0 where it is not told.
func stolen() time.Duration {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	return parseStolen(string(stat))
}

// parseStolen takes it from the first line of /proc/stat (proc(5)): "cpu", user,
// nice, system, idle, iowait, irq, softirq, steal, in hundredths of a second.
func parseStolen(stat string) time.Duration {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0
	}
	ticks, err := strconv.ParseInt(fields[8], 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
