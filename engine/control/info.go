package control

import (
	"errors"
	"syscall"

	"bbftp/netio"
)

// Info is the kernel's view of the connection. The error is
// errors.ErrUnsupported over the pipes of a shell.
func (c *Conn) Info() (netio.Info, error) {
	conn, ok := c.base.(syscall.Conn)
	if !ok {
		return netio.Info{}, errors.ErrUnsupported
	}
	return netio.ReadInfo(conn)
}
