//go:build !linux && !darwin

package storage

import (
	"errors"
	"os"
	"syscall"
	"time"
)

func space(*os.File) (Space, error) { return Space{}, errors.ErrUnsupported }

// statTimes has no field that every system calls the same.
func statTimes(*syscall.Stat_t) (accessed, changed time.Time) { return time.Time{}, time.Time{} }
