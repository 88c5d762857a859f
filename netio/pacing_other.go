//go:build !linux

package netio

import "errors"

// setPacing would set the most bytes per second that a socket sends.
func setPacing(int, int64) error { return errors.ErrUnsupported }

func pacing(int) (bytesPerSecond int64, err error) { return 0, errors.ErrUnsupported }
