package sandbox

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Undumpable keeps what this process knows, passwords and keys, out of core files
// and from other processes of its user.
func Undumpable() error {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("forbid core files: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("keep the memory from others: %w", err)
	}
	return nil
}
