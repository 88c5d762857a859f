package peer

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// children lists the descendants of this process that are not reaped yet.
func children(t *testing.T) string {
	t.Helper()
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, list := range lists {
		pids, err := os.ReadFile(list)
		if err != nil {
			continue // the thread is gone
		}
		for _, pid := range strings.Fields(string(pids)) {
			command, _ := os.ReadFile(fmt.Sprintf("/proc/%s/cmdline", pid))
			all = append(all, fmt.Sprintf("%s (%q)", pid, command))
		}
	}
	return strings.Join(all, ", ")
}
