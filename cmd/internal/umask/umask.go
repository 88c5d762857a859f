// Package umask reads the umask of the process.
package umask

import (
	"io/fs"
	"syscall"
)

// Current returns the umask. It can only be read by setting it, so files that
// another thread makes at this moment get a narrower mode.
func Current() fs.FileMode {
	mask := syscall.Umask(0o077)
	syscall.Umask(mask)
	return fs.FileMode(mask)
}
