package wan

import (
	"net"
	"strings"
	"testing"
	"time"
)

// TestCloseEndsOrphans closes a path under a connection whose program has left
// with data unsent: its memory must be given back, not minutes later.
func TestCloseEndsOrphans(t *testing.T) {
	needRoot(t)
	p, err := Open(t.Context(), Symmetric(100*time.Millisecond, 0, 1e6, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	var listener net.Listener
	err = p.Server().Do(func() (err error) {
		listener, err = net.Listen("tcp4", p.Server().Addr().String()+":0")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var conn net.Conn
	err = p.Client().Do(func() (err error) {
		conn, err = net.DialTimeout("tcp4", listener.Addr().String(), 10*time.Second)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	before, _, err := tcpMemory()
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).SetWriteBuffer(4 << 20); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
	sent, _ := conn.Write(make([]byte, 16<<20)) // at 1 Mbit/s most of it waits
	full, _, _ := tcpMemory()
	_ = conn.Close()
	_ = listener.Close()
	if full-before < 100 {
		t.Fatalf("the kernel took only %d bytes (%d pages): nothing to give back", sent, full-before)
	}
	if _, err := p.Close(); err != nil {
		t.Fatal(err)
	}
	for limit := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		now, _, err := tcpMemory()
		if err != nil {
			t.Fatal(err)
		}
		if now-before < (full-before)/2 {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("of %d pages %d are still in use 10 s after the path was closed", full-before, now-before)
		}
	}
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
