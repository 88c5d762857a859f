package netio

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Fixed gives the buffers of a socket, in bytes as in Granted, that have a size
// that was asked for and so are out of the kernel's autotuning (SO_BUF_LOCK,
// Linux 5.14). 0 is one that is not, or a system that does not tell.
func Fixed(conn syscall.Conn) (send, recv int) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, 0
	}
	// include/uapi/linux/socket.h
	const sendLock, recvLock = 1, 2
	_ = raw.Control(func(fd uintptr) {
		locks, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_BUF_LOCK)
		size := func(lock, option int) int {
			if err != nil || locks&lock == 0 {
				return 0
			}
			n, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, option)
			if err != nil {
				return 0
			}
			return n / 2
		}
		send, recv = size(sendLock, unix.SO_SNDBUF), size(recvLock, unix.SO_RCVBUF)
	})
	return send, recv
}
