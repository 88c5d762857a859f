package control

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bbftp/engine/wire"
)

// recorder keeps what is written, one entry for each write.
type recorder struct {
	*net.TCPConn
	mu     sync.Mutex
	writes [][]byte // guarded by mu
}

func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	r.writes = append(r.writes, bytes.Clone(b))
	r.mu.Unlock()
	return r.TCPConn.Write(b)
}

// connect returns both ends of a loopback connection, closed with the test.
func connect(t testing.TB) (a, b *net.TCPConn) {
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
	b, err = ln.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return a, b
}

// session returns a server's control connection and the client's raw end.
func session(t testing.TB, limits Limits) (c *Conn, peer *net.TCPConn) {
	t.Helper()
	peer, conn := connect(t)
	return New(conn, wire.Client, limits), peer
}

func write(t testing.TB, conn net.Conn, b []byte) {
	t.Helper()
	if _, err := conn.Write(b); err != nil {
		t.Fatal(err)
	}
}

// mkdir is a message with a body.
func mkdir(name string) wire.PathRequest {
	return wire.PathRequest{Kind: wire.MsgMkdir, Path: name}
}

// expect reads a mkdir of name.
func expect(t testing.TB, c *Conn, name string) {
	t.Helper()
	m, err := c.Read(0)
	if err != nil || m != mkdir(name) {
		t.Errorf("read %v, %v, want mkdir %s", m, err, name)
	}
}

func TestSendIsOneWrite(t *testing.T) {
	conn, peer := connect(t)
	r := &recorder{TCPConn: conn}
	c := New(r, wire.Client, Limits{})
	var want [][]byte
	for _, m := range []wire.Message{
		wire.Signal{Kind: wire.MsgRetrStart},
		wire.Reply{Kind: wire.MsgOK, Text: "OK"},
		wire.Reply{Kind: wire.MsgBad},
		wire.RetrOK{Size: 1 << 40},
		wire.ListReply{Names: make([]string, 100000)},
	} {
		encoded := m.Append(nil)
		want = append(want, encoded)
		sent := make(chan error, 1)
		go func() { sent <- c.Send(m) }()
		got := make([]byte, len(encoded))
		if _, err := io.ReadFull(peer, got); err != nil || !bytes.Equal(got, encoded) {
			t.Errorf("%v arrives as other bytes (%v)", m.Code(), err)
		}
		if err := <-sent; err != nil {
			t.Errorf("send %v: %v", m.Code(), err)
		}
	}
	if !slices.EqualFunc(r.writes, want, bytes.Equal) {
		t.Errorf("%d writes for %d messages", len(r.writes), len(want))
	}
}

// TestSendLimit has a peer that never reads.
func TestSendLimit(t *testing.T) {
	c, _ := session(t, Limits{Send: 50 * time.Millisecond})
	big := wire.ListReply{Names: []string{strings.Repeat("x", wire.MaxList-1)}}
	var err error
	for range 100 {
		if err = c.Send(big); err != nil {
			break
		}
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v, want a deadline", err)
	}
}

func TestSendClosed(t *testing.T) {
	c, _ := session(t, Limits{})
	c.Close()
	if err := c.Send(wire.Reply{}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want net.ErrClosed", err)
	}
}

// TestRead takes messages however they are cut into segments.
func TestRead(t *testing.T) {
	c, peer := session(t, Limits{})
	request, err := wire.NewFileRequest(wire.MsgStore, "f", 1, netip.Addr{}, []uint16{1024})
	if err != nil {
		t.Fatal(err)
	}
	messages := []wire.Message{
		mkdir("a"),
		wire.Signal{Kind: wire.MsgAbr},
		request,
		mkdir("b"),
	}
	var all []byte
	for _, m := range messages {
		all = m.Append(all)
	}
	for name, send := range map[string]func(){
		"together": func() { write(t, peer, all) },
		"byte by byte": func() {
			for i := range all {
				write(t, peer, all[i:i+1])
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			send()
			for _, want := range messages {
				got, err := c.Read(time.Minute)
				if err != nil || !bytes.Equal(got.Append(nil), want.Append(nil)) {
					t.Fatalf("read %v, %v, want %v", got, err, want)
				}
			}
		})
	}
}

// TestDiscard drops a body and finds the message behind it.
func TestDiscard(t *testing.T) {
	c, peer := session(t, Limits{})
	const n = 3 * readBuffer
	write(t, peer, append(wire.Header{Code: 99, Len: n}.Append(nil), make([]byte, n)...))
	write(t, peer, mkdir("after").Append(nil))
	h, err := c.ReadHeader(time.Minute)
	if err != nil || h != (wire.Header{Code: 99, Len: n}) {
		t.Fatalf("read %v, %v", h, err)
	}
	if err := c.Discard(n); err != nil {
		t.Fatal(err)
	}
	expect(t, c, "after")
}

// TestReadEnds tells an end between messages from one inside.
func TestReadEnds(t *testing.T) {
	whole := mkdir("x").Append(nil)
	for _, tt := range []struct {
		name string
		sent []byte
		want error
	}{
		{"between messages", nil, io.EOF},
		{"in the header", whole[:3], io.ErrUnexpectedEOF},
		{"before the body", whole[:8], io.ErrUnexpectedEOF},
		{"in the body", mkdir("xyz").Append(nil)[:9], io.ErrUnexpectedEOF},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, peer := session(t, Limits{})
			write(t, peer, tt.sent)
			peer.Close()
			_, err := c.Read(0)
			if !errors.Is(err, tt.want) || errors.Is(err, io.EOF) != (tt.want == io.EOF) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

// TestReadWaits bounds the wait for a message to begin, and by another limit
// that for its rest.
func TestReadWaits(t *testing.T) {
	const limit = 50 * time.Millisecond
	for _, tt := range []struct {
		name    string
		limits  Limits
		begun   []byte
		wait    time.Duration
		discard int
	}{
		{"for a message", Limits{}, nil, limit, 0},
		{"for the rest of a header", Limits{Receive: limit}, []byte{0, 0, 0}, time.Hour, 0},
		{"for a body", Limits{Receive: limit}, wire.Header{Code: wire.MsgMkdir, Len: 1}.Append(nil), 0, 0},
		{"for the rest of a body", Limits{Receive: limit}, append(wire.Header{Code: wire.MsgMkdir, Len: 2}.Append(nil), 'x'), 0, 0},
		{"for what is dropped", Limits{Receive: limit}, append(wire.Header{Code: 99, Len: 2}.Append(nil), 'x'), 0, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, peer := session(t, tt.limits)
			write(t, peer, tt.begun)
			var err error
			if tt.discard == 0 {
				_, err = c.Read(tt.wait)
			} else if _, err = c.ReadHeader(tt.wait); err == nil {
				err = c.Discard(tt.discard)
			}
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("got %v, want a deadline", err)
			}
		})
	}
}

// TestReadWaitsAnew has no limit outlive the read it was set for.
func TestReadWaitsAnew(t *testing.T) {
	const limit = 30 * time.Millisecond
	c, peer := session(t, Limits{Receive: limit})
	if _, err := c.Read(limit); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("got %v, want a deadline", err)
	}
	for _, name := range []string{"a", "b"} {
		go func() {
			time.Sleep(3 * limit)
			_, _ = peer.Write(mkdir(name).Append(nil))
		}()
		expect(t, c, name)
	}
}

// TestCloseEndsRead is how a session is cancelled.
func TestCloseEndsRead(t *testing.T) {
	c, _ := session(t, Limits{})
	failed := make(chan error, 1)
	go func() {
		_, err := c.Read(0)
		failed <- err
	}()
	c.Close()
	if err := <-failed; !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want net.ErrClosed", err)
	}
}

func TestAddresses(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::]:0"} {
		t.Run(address, func(t *testing.T) {
			ln, err := net.Listen("tcp", address)
			if err != nil {
				t.Skipf("can't listen on %s: %v", address, err)
			}
			defer ln.Close()
			peer, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: ln.Addr().(*net.TCPAddr).Port})
			if err != nil {
				t.Fatal(err)
			}
			defer peer.Close()
			conn, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			c := New(conn, wire.Client, Limits{})
			if got := c.LocalAddr().String(); got != peer.RemoteAddr().String() {
				t.Errorf("local address %s, want %s", got, peer.RemoteAddr())
			}
			if got := c.RemoteAddr().String(); got != peer.LocalAddr().String() {
				t.Errorf("remote address %s, want %s", got, peer.LocalAddr())
			}
		})
	}
}
