package process

import (
	"os"
	"syscall"
)

// replaceStderr makes descriptor 2 another file.
func replaceStderr(f *os.File) error { return syscall.Dup3(int(f.Fd()), 2, 0) }
