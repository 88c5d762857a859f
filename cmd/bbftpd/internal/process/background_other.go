//go:build !linux

package process

import (
	"os"
	"syscall"
)

// replaceStderr makes descriptor 2 another file.
func replaceStderr(f *os.File) error { return syscall.Dup2(int(f.Fd()), 2) }
