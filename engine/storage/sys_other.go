//go:build !linux

package storage

import (
	"errors"
	"io/fs"
	"os"
)

// pathOnly opens a directory for setMode, which needs a descriptor for reading here.
const pathOnly = os.O_RDONLY

func setMode(f *os.File, perm fs.FileMode) error { return f.Chmod(perm.Perm()) }

func preallocate(*os.File, int64) error { return errors.ErrUnsupported }

func space(*os.File) (free, total int64, err error) { return 0, 0, errors.ErrUnsupported }
