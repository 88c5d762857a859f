package zerocopy

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"testing"
)

// connPair returns both ends of a loopback connection, closed with the test.
func connPair(t testing.TB) (a, b *net.TCPConn) {
	t.Helper()
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	a, err = net.DialTCP("tcp", nil, ln.Addr().(*net.TCPAddr))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	for {
		b, err = ln.AcceptTCP()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		// Not somebody who wanted whoever had the port before.
		if b.RemoteAddr().String() == a.LocalAddr().String() {
			return a, b
		}
	}
}

// noise returns n bytes in which every misplaced byte shows.
func noise(n int) []byte {
	b := make([]byte, n)
	if _, err := rand.NewChaCha8([32]byte{1}).Read(b); err != nil {
		panic(err) // documented never to happen
	}
	return b
}

// fileOf returns an open file in a fresh directory that holds b.
func fileOf(t testing.TB, b []byte) *os.File {
	t.Helper()
	return fileIn(t, t.TempDir(), b)
}

func fileIn(t testing.TB, dir string, b []byte) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.Write(b); err != nil {
		t.Fatal(err)
	}
	return f
}

// fileBytes returns what f holds from off on.
func fileBytes(t testing.TB, f *os.File, off int64) []byte {
	t.Helper()
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return b[min(off, int64(len(b))):]
}

// collect reads conn to its end.
func collect(conn *net.TCPConn) <-chan []byte {
	all := make(chan []byte, 1)
	go func() {
		b, _ := io.ReadAll(conn) // a reset shows as missing bytes
		all <- b
	}()
	return all
}

// shrinkBuffers forces many partial reads and writes. Both sizes stay above
// what loopback needs to run without waiting for window probes and delayed
// acknowledgements, which would only make the tests slow.
func shrinkBuffers(t testing.TB, from, to *net.TCPConn) {
	t.Helper()
	if err := errors.Join(from.SetWriteBuffer(64<<10), to.SetReadBuffer(128<<10)); err != nil {
		t.Fatal(err)
	}
}
