package netio

import (
	"net"
	"testing"
)

func TestFixed(t *testing.T) {
	const size = 1 << 17
	for _, o := range []Options{{}, {SendBuffer: size}, {RecvBuffer: size}, {SendBuffer: size, RecvBuffer: size}} {
		dialed, accepted := connect(t, "127.0.0.1:0", o, o)
		for _, conn := range []*net.TCPConn{dialed, accepted} {
			if send, recv := Fixed(conn); send != o.SendBuffer || recv != o.RecvBuffer {
				t.Errorf("with buffers %d and %d: fixed at %d and %d", o.SendBuffer, o.RecvBuffer, send, recv)
			}
		}
	}
}
