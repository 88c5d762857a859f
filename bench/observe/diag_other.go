//go:build !linux

package observe

import (
	"errors"
	"fmt"
)

// diag is there on Linux only.
type diag struct{}

func openDiag() (*diag, error) { return nil, fmt.Errorf("sock_diag: %w", errors.ErrUnsupported) }

func (d *diag) close()                             {}
func (d *diag) list(func(identity, figures)) error { return errors.ErrUnsupported }

func (d *diag) read([]*connection, func(*connection, figures)) error { return errors.ErrUnsupported }
