package netio

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// Readable reports, without waiting, whether a read from conn, a socket or a
// pipe, would return at once: because bytes are there, or because conn has ended.
func Readable(conn syscall.Conn) bool {
	raw, err := conn.SyscallConn()
	if err != nil {
		return true
	}
	ready := 0
	ctlErr := raw.Control(func(fd uintptr) {
		for {
			ready, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
			if !errors.Is(err, unix.EINTR) {
				return
			}
		}
	})
	return ready > 0 || errors.Join(ctlErr, err) != nil
}
