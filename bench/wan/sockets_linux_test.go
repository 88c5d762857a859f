package wan

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestCloseEndsOrphans closes a path under a connection whose program has left
// with data unsent: it must be gone, and its memory with it, not minutes later.
func TestCloseEndsOrphans(t *testing.T) {
	p := openPath(t, Symmetric(100*time.Millisecond, 0, 10e3, 0, 0))
	ends, err := connect(p)
	if err != nil {
		t.Fatal(err)
	}
	space, err := p.Client().space.open()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(space)
	defer ends[1].Close() // its end would be the other's too
	if err := ends[0].(*net.TCPConn).SetWriteBuffer(256 << 10); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = ends[0].Write(make([]byte, 16<<20)) }() // at 10 kbit/s it waits
	eventually(t, "data wait in the kernel", func() bool { return unsent(t, space) > 32<<10 })
	_ = ends[0].Close()
	if left := unsent(t, space); left == 0 {
		t.Fatal("nothing is left to be sent, nothing can be left behind")
	}
	if _, err := p.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "no connection with data is left", func() bool { return unsent(t, space) == 0 })
}

// unsent is how many bytes the TCP connections of a namespace have yet to send
// or to see acknowledged (proc(5): tx_queue).
func unsent(t *testing.T, space int) (bytes int64) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	own, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	if err := unix.Setns(space, unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile("/proc/thread-self/net/tcp")
	if back := unix.Setns(int(own.Fd()), unix.CLONE_NEWNET); err != nil || back != nil {
		t.Fatal(err, back)
	}
	for line := range strings.Lines(string(table)) {
		var number, local, remote, state string
		var queued int64
		if _, err := fmt.Sscanf(line, "%s %s %s %s %x:", &number, &local, &remote, &state, &queued); err == nil {
			bytes += queued
		}
	}
	return bytes
}

func TestParseTCPMemory(t *testing.T) {
	const stat = "sockets: used 13\nTCP: inuse 1 orphan 15 tw 0 alloc 16 mem 263\nUDP: inuse 0 mem 7\n"
	used, pressure, err := parseTCPMemory(stat, "287901\t383869\t575802\n")
	if err != nil || used != 263 || pressure != 383869 {
		t.Errorf("%d, %d, %v", used, pressure, err)
	}
	for _, bad := range [][2]string{{"", "1 2 3"}, {stat, ""}, {stat, "1 2"}, {stat, "1 x 3"}, {strings.Replace(stat, "263", "x", 1), "1 2 3"}} {
		if _, _, err := parseTCPMemory(bad[0], bad[1]); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func TestParseMemoryPressures(t *testing.T) {
	const netstat = "TcpExt: SyncookiesSent TCPMemoryPressures TCPMemoryPressuresChrono\nTcpExt: 0 7 123\nIpExt: InNoRoutes\nIpExt: 0\n"
	for text, want := range map[string]int64{
		netstat:                                 7,
		"":                                      0,
		"TcpExt: A TCPMemoryPressures\n":        0,
		"TcpExt: A\nTcpExt: 1\n":                0,
		"TcpExt: TCPMemoryPressures\nTcpExt:\n": 0,
		"TcpExt: TCPMemoryPressures\nTcpExt: x\n": 0,
	} {
		if got := parseMemoryPressures(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
