package main

import (
	"io/fs"
	"syscall"
)

// processUmask reads the umask, which can only be done by setting it.
func processUmask() fs.FileMode {
	mask := syscall.Umask(0o077)
	syscall.Umask(mask)
	return fs.FileMode(mask)
}
