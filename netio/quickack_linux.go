package netio

import (
	"net"

	"golang.org/x/sys/unix"
)

// QuickAck acknowledges now what has arrived on conn (TCP_QUICKACK, tcp(7)). A
// peer that writes one message in two pieces may be holding the second back
// until the first is acknowledged (RFC 896), which a kernel puts off for 40 ms
// and more.
func QuickAck(conn *net.TCPConn) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1)
	})
}
