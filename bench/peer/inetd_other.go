//go:build !linux

package peer

import (
	"context"
	"errors"
	"io"
)

const helpInetd = "inetd"

func serveInetd(context.Context, []string, io.Writer) error { return errors.ErrUnsupported }
