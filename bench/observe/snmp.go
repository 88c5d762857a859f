package observe

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// readRetransmits reads the count of the network namespace of the calling
// thread.
func readRetransmits() (int64, error) {
	const file = "/proc/thread-self/net/snmp"
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	n, err := retransmits(string(text))
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", file, err)
	}
	return n, nil
}

// retransmits finds the segments sent again (RFC 4022, tcpRetransSegs) in a
// table of which each row is two lines: names, and values in the same order.
func retransmits(snmp string) (int64, error) {
	var names []string
	for line := range strings.Lines(snmp) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] != "Tcp:" {
			continue
		}
		if names == nil {
			names = fields
			continue
		}
		for i, name := range names {
			if name == "RetransSegs" && i < len(fields) {
				return strconv.ParseInt(fields[i], 10, 64)
			}
		}
		break
	}
	return 0, fmt.Errorf("no row Tcp with RetransSegs")
}
