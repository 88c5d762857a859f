package netio

import (
	"net"
	"testing"
)

// connect dials a listener with the options given for each side, and closes
// everything with the test.
func connect(t testing.TB, address string, dial, listen Options) (dialed, accepted *net.TCPConn) {
	t.Helper()
	ln := listenOn(t, address, listen)
	dialed, err := Dialer{Options: dial}.Dial(t.Context(), ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dialed.Close() })
	accepted, err = ln.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { accepted.Close() })
	return dialed, accepted
}

func listenOn(t testing.TB, address string, o Options) *net.TCPListener {
	t.Helper()
	ln, err := Listen(t.Context(), address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

// freePort returns a port nobody listens on at the moment.
func freePort(t testing.TB) uint16 {
	t.Helper()
	ln := listenOn(t, "127.0.0.1:0", Options{})
	defer ln.Close()
	return port(ln.Addr())
}

func port(a net.Addr) uint16 { return a.(*net.TCPAddr).AddrPort().Port() }
