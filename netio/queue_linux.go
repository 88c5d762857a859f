package netio

import (
	"net"

	"golang.org/x/sys/unix"
)

// SendQueue returns how many bytes written to conn the peer has not
// acknowledged yet (SIOCOUTQ, tcp(7)), 0 if it can't be told.
func SendQueue(conn *net.TCPConn) int { return queue(conn, unix.SIOCOUTQ) }

// ReceiveQueue returns how many bytes can be read from conn without waiting
// (SIOCINQ, tcp(7)), 0 if it can't be told.
func ReceiveQueue(conn *net.TCPConn) int { return queue(conn, unix.SIOCINQ) }

func queue(conn *net.TCPConn, request uint) int {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0
	}
	n := 0
	_ = raw.Control(func(fd uintptr) {
		if v, err := unix.IoctlGetInt(int(fd), request); err == nil {
			n = v
		}
	})
	return n
}
