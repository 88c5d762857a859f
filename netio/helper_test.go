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
	for {
		accepted, err = ln.AcceptTCP()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { accepted.Close() })
		// Not somebody who wanted whoever had the port before.
		if accepted.RemoteAddr().String() == dialed.LocalAddr().String() {
			return dialed, accepted
		}
	}
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

func port(a net.Addr) uint16 { return a.(*net.TCPAddr).AddrPort().Port() }
