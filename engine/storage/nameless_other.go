//go:build !linux

package storage

import (
	"errors"
	"os"
)

func nameless(folder, string) (*os.File, error) { return nil, errors.ErrUnsupported }

func (d folder) link(*os.File, string) error { return errors.ErrUnsupported }
