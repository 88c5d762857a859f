//go:build linux && !amd64

package sandbox

import "golang.org/x/sys/unix"

// foreignCall is for amd64.
func foreignCall() error { return unix.ENOSYS }
