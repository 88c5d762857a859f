//go:build !linux

package netio

import "net"

// QuickAck acknowledges now what has arrived on conn; this system can't be
// asked to.
func QuickAck(*net.TCPConn) {}
