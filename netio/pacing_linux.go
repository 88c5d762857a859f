package netio

import (
	"errors"
	"math"

	"golang.org/x/sys/unix"
)

// unpaced is the kernel's word for no limit.
const unpaced = math.MaxUint64

// setPacing sets the most bytes per second that a socket sends. TCP spaces its
// packets itself since Linux 4.13; before that the device needs the queueing
// discipline fq.
func setPacing(fd int, bytesPerSecond int64) error {
	if err := unix.SetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_MAX_PACING_RATE, uint64(bytesPerSecond)); err != nil {
		return err
	}
	// Kernels before 4.20, and of 32 bits, read half of the number.
	switch got, err := pacing(fd); {
	case err != nil:
		return err
	case got != bytesPerSecond:
		return errors.ErrUnsupported
	}
	return nil
}

// pacing returns what setPacing set, 0 for no limit.
func pacing(fd int) (bytesPerSecond int64, err error) {
	v, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_MAX_PACING_RATE)
	if err != nil || v == unpaced {
		return 0, err
	}
	return int64(min(v, math.MaxInt64)), nil
}
