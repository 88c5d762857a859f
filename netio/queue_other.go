//go:build !linux

package netio

import "net"

// SendQueue returns how many bytes written to conn the peer has not
// acknowledged yet; this system does not tell.
func SendQueue(*net.TCPConn) int { return 0 }

// Unsent returns how many bytes written to conn have not been sent once; this
// system does not tell.
func Unsent(*net.TCPConn) int { return 0 }

// ReceiveQueue returns how many bytes can be read from conn without waiting;
// this system does not tell.
func ReceiveQueue(*net.TCPConn) int { return 0 }
