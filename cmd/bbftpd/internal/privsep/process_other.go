//go:build !linux

package privsep

import (
	"net"
	"os"

	"bbftp/cmd/bbftpd/internal/sandbox"
)

func pair() (a, b *os.File, err error) { return nil, nil, sandbox.ErrUnsupported }

func hungUp(*net.TCPConn) bool { return false }

func withhold() {}

func start(string, identity, ...*os.File) (*process, error) { return nil, sandbox.ErrUnsupported }
