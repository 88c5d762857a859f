package telemetry

import (
	"net"
	"testing"
)

// connect returns both ends of n loopback connections, closed with the test.
func connect(t testing.TB, n int) (near, far []*net.TCPConn) {
	t.Helper()
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for range n {
		a, err := net.DialTCP("tcp", nil, ln.Addr().(*net.TCPAddr))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { a.Close() })
		near, far = append(near, a), append(far, acceptFrom(t, ln, a.LocalAddr()))
	}
	return near, far
}

// acceptFrom returns the connection that was dialed from an address, and none of
// somebody who wanted whoever had the port before.
func acceptFrom(t testing.TB, ln *net.TCPListener, from net.Addr) *net.TCPConn {
	t.Helper()
	for {
		conn, err := ln.AcceptTCP()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if conn.RemoteAddr().String() == from.String() {
			return conn
		}
	}
}
