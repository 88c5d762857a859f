package netio

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

func setCongestion(fd int, name string) error {
	return unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION, name)
}

// checkCongestion tries the name on a socket of its own.
func checkCongestion(name string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if errors.Is(err, unix.EAFNOSUPPORT) {
		fd, err = unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	}
	if err != nil {
		return fmt.Errorf("try congestion control %q: %w", name, err)
	}
	defer func() { _ = unix.Close(fd) }()
	switch err := setCongestion(fd, name); {
	case errors.Is(err, unix.ENOENT):
		return &congestionError{name, "is unknown", "available", err}
	case errors.Is(err, unix.EPERM):
		return notAllowed(name)
	case err != nil:
		return fmt.Errorf("set congestion control %q: %w", name, err)
	}
	return nil
}

// checkAllowed looks the name up in the list of those that everybody may set. Without
// the list, who has no privileges finds out for himself.
func checkAllowed(name string) error {
	names, err := os.ReadFile(list("allowed"))
	if err != nil || slices.Contains(strings.Fields(string(names)), name) {
		return nil
	}
	return notAllowed(name)
}

func notAllowed(name string) error {
	return &congestionError{name, "is for the privileged", "allowed", unix.EPERM}
}

// congestionError words for users what they can't choose, and what they can.
type congestionError struct {
	name, why, choices string
	err                error
}

func (e *congestionError) Error() string {
	return fmt.Sprintf("congestion control %q %s: net.ipv4.tcp_%s_congestion_control has %s",
		e.name, e.why, e.choices, choices(e.choices))
}

func (e *congestionError) Unwrap() error { return e.err }

// choices reads a list of algorithms from the system.
func choices(which string) string {
	names, err := os.ReadFile(list(which))
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(names))
}

func list(which string) string { return "/proc/sys/net/ipv4/tcp_" + which + "_congestion_control" }
