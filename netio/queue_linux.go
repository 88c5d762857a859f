package netio

import (
	"net"

	"golang.org/x/sys/unix"
)

// SendQueue returns how many bytes written to conn the peer has not
// acknowledged yet (SIOCOUTQ, tcp(7)), 0 if it can't be told.
func SendQueue(conn *net.TCPConn) int { return queue(conn, unix.SIOCOUTQ) }

// Unsent returns how many bytes written to conn have not been sent once
// (SIOCOUTQNSD, linux/sockios.h), 0 if it can't be told. Of a Multipath TCP
// connection it knows all of them, where TCP_INFO knows only those that a path
// has been chosen for.
func Unsent(conn *net.TCPConn) int { return queue(conn, unix.SIOCOUTQNSD) }

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
