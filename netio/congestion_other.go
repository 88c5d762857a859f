//go:build !linux

package netio

import (
	"errors"
	"fmt"
)

func checkCongestion(name string) error {
	return fmt.Errorf("set congestion control %q: %w", name, errors.ErrUnsupported)
}

func checkAllowed(string) error { return nil }
