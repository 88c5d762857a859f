//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd)

package auth

import (
	"errors"
	"os"
)

func lock(*os.File) error { return errors.ErrUnsupported }

func takeOwner(*os.File, os.FileInfo) error { return errors.ErrUnsupported }
