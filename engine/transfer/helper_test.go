package transfer

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// noise returns n bytes that no deflater shortens.
func noise(n int) []byte {
	b := make([]byte, n)
	if _, err := rand.NewChaCha8([32]byte{1}).Read(b); err != nil {
		panic(err) // documented never to happen
	}
	return b
}

// text returns n bytes that deflate well and in which a misplaced block shows.
func text(n int) []byte {
	var b bytes.Buffer
	r := rand.New(rand.NewPCG(1, 2))
	for b.Len() < n {
		b.WriteString([]string{"control ", "data ", "stream ", "segment ", "window\n"}[r.IntN(5)])
	}
	return b.Bytes()[:n]
}

// newFile returns an open file that holds b.
func newFile(t testing.TB, b []byte) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.Write(b); err != nil {
		t.Fatal(err)
	}
	return f
}

// newSparse returns an open file of size zero bytes that take no space.
func newSparse(t testing.TB, size int64) *os.File {
	t.Helper()
	f := newFile(t, nil)
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	return f
}

func fileBytes(t testing.TB, f *os.File) []byte {
	t.Helper()
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

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

// narrow is a connection whose buffers take little, so that a file of a few MiB
// does not vanish in them.
func narrow(t testing.TB, n int) (near, far []*net.TCPConn) {
	t.Helper()
	const room = 256 << 10
	near, far = connect(t, n)
	for _, conn := range append(near[:n:n], far...) {
		if err := errors.Join(conn.SetReadBuffer(room), conn.SetWriteBuffer(room)); err != nil {
			t.Fatal(err)
		}
	}
	return near, far
}

// drained is what arrived on a stream, and how it ended.
type drained struct {
	n   int64
	err error
}

// drain reads each stream to its end, without ever acknowledging.
func drain(conns []*net.TCPConn) <-chan []drained {
	all := make(chan []drained, 1)
	go func() {
		got := make([]drained, len(conns))
		for i, conn := range conns {
			got[i].n, got[i].err = io.Copy(io.Discard, conn)
		}
		all <- got
	}()
	return all
}

// noLeaks checks, when everything else of the test is cleaned up, that as many
// goroutines and descriptors are left as there were. Call it first.
func noLeaks(t testing.TB) {
	t.Helper()
	// The first socket brings the runtime's poller, which stays.
	if ln, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		ln.Close()
	}
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	t.Cleanup(func() {
		settle(t, "goroutines", goroutines, runtime.NumGoroutine)
		settle(t, "descriptors", files, func() int { return descriptors(t) })
	})
}

// settle waits for a count to fall: a goroutine that has done its work needs a
// moment to go.
func settle(t testing.TB, what string, want int, count func() int) {
	t.Helper()
	for range 3000 {
		if count() <= want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	t.Errorf("%d %s left, want %d\n%s", count(), what, want, stacks)
}

// descriptors counts this process's open files, 0 where the system can't tell.
func descriptors(t testing.TB) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}
