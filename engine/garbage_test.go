package engine

import (
	"bytes"
	"errors"
	"io"
	"math"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"bbftp/engine/auth"
	"bbftp/engine/wire"
)

// patience is how long a test waits for what must come; only a failing test
// takes that long.
const patience = 20 * time.Second

// rude is a client that says what it likes.
type rude struct {
	testing.TB
	conn *net.TCPConn
}

func intrude(t testing.TB, port uint16) *rude {
	t.Helper()
	conn, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &rude{t, conn}
}

// say sends bytes. The server may have closed already: what it does is seen
// when reading.
func (r *rude) say(b []byte) { _, _ = r.conn.Write(b) }

func (r *rude) hear() wire.Message {
	r.Helper()
	m, err := wire.Read(r.conn, wire.Server)
	if err != nil {
		r.Fatalf("no message from the server: %v", err)
	}
	return m
}

// refused reads a refusal.
func (r *rude) refused() {
	r.Helper()
	if m, ok := r.hear().(wire.Reply); !ok || m.Kind != wire.MsgBad && m.Kind != wire.MsgBadNoRetry {
		r.Errorf("answered %v, want a refusal", m)
	}
}

// dropped reads to the end of the connection.
func (r *rude) dropped() {
	r.Helper()
	if _, err := io.Copy(io.Discard, r.conn); errors.Is(err, os.ErrDeadlineExceeded) {
		r.Error("the server does not close")
	}
}

func (r *rude) login() {
	r.Helper()
	m, err := auth.Seal(r.hear().(wire.Crypt), "mallory", "password")
	if err != nil {
		r.Fatal(err)
	}
	r.say(m.Append(nil))
	if m, ok := r.hear().(wire.Reply); !ok || m.Kind != wire.MsgOK {
		r.Fatalf("not let in: %v", m)
	}
}

func header(code wire.Code, length int32) []byte {
	return wire.Header{Code: code, Len: length}.Append(nil)
}

// TestGarbageBeforeLogin says everything but a login.
func TestGarbageBeforeLogin(t *testing.T) {
	noLeaks(t)
	h := serve(t, nil)
	w := newWitness(t, h)
	h.hurry(t, 500*time.Millisecond)
	var empty wire.Log
	for name, said := range map[string][]byte{
		"nothing":               nil,
		"a byte":                {0},
		"another protocol":      []byte("GET / HTTP/1.1\r\nHost: bbftp\r\n\r\n"),
		"zeros":                 make([]byte, 100_000),
		"noise":                 noise(100_000),
		"an empty login":        empty.Append(nil),
		"a login of noise":      append(header(wire.MsgLog, wire.LogSize), noise(wire.LogSize)...),
		"half a login":          append(header(wire.MsgLog, wire.LogSize), noise(wire.LogSize/2)...),
		"a long login":          header(wire.MsgLog, math.MaxInt32),
		"a negative login":      header(wire.MsgLog, -1),
		"a clear-text login":    header(wire.MsgCrypt, 0),
		"a command":             wire.PathRequest{Kind: wire.MsgMkdir, Path: "d"}.Append(nil),
		"a store":               append(header(wire.MsgStore, wire.FileRequestSize), make([]byte, wire.FileRequestSize)...),
		"the server's greeting": wire.Crypt{Type: wire.CryptRSA, Modulus: []byte{1}, Exponent: []byte{3}}.Append(nil),
	} {
		t.Run(name, func(t *testing.T) {
			r := intrude(t, h.port)
			r.say(said)
			r.dropped()
		})
		w.testify(t, h)
	}
	holds(t, h.root)
}

// TestGarbageAfterLogin breaks the rules as a user.
func TestGarbageAfterLogin(t *testing.T) {
	noLeaks(t)
	h := serve(t, nil)
	closed := refusing(t)
	w := newWitness(t, h)
	store := func(change func(*wire.FileRequest)) []byte {
		r, err := wire.NewFileRequest(wire.MsgStore, "f", 7, netip.Addr{}, []uint16{closed})
		if err != nil {
			t.Fatal(err)
		}
		change(&r)
		return r.Append(nil)
	}
	type saying struct {
		name string
		said []byte
	}
	// All in one session, which goes on.
	r := intrude(t, h.port)
	r.login()
	for _, tt := range []saying{
		{"an unknown message", header(99, 0)},
		{"an unknown message with a body", append(header(99, 1000), noise(1000)...)},
		{"one as long as is read", append(header(99, 64<<10), noise(64<<10)...)},
		{"a second login", append(header(wire.MsgLog, wire.LogSize), noise(wire.LogSize)...)},
		{"a message of version 2", append(header(wire.MsgStoreV2, 48), noise(48)...)},
		{"no streams", store(func(r *wire.FileRequest) { r.Count = 0 })},
		{"11 streams", store(func(r *wire.FileRequest) { r.Count = 11 })},
		{"-1 streams", store(func(r *wire.FileRequest) { r.Count = -1 })},
		{"2^31-1 streams", store(func(r *wire.FileRequest) { r.Count = math.MaxInt32 })},
		{"port 0", store(func(r *wire.FileRequest) { r.Ports[0] = 0 })},
		{"a system's port", store(func(r *wire.FileRequest) { r.Ports[0] = 22 })},
		{"negative size", store(func(r *wire.FileRequest) { r.Size = -1 })},
		{"size 2^63-1", store(func(r *wire.FileRequest) { r.Size = math.MaxInt64 })},
		{"no name", store(func(r *wire.FileRequest) { r.Name[0] = 0 })},
		{"an endless name", store(func(r *wire.FileRequest) { copy(r.Name[:], bytes.Repeat([]byte("x"), 500)) })},
		{"a name outside", store(func(r *wire.FileRequest) { copy(r.Name[:], "../../../../no/f\x00") })},
		{"a closed port", store(func(*wire.FileRequest) {})},
		{"an empty path", header(wire.MsgMkdir, 0)},
		{"a path with a NUL", append(header(wire.MsgMkdir, 3), "a\x00b"...)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &rude{t, r.conn}
			r.say(tt.said)
			r.refused()
			r.say(wire.PathRequest{Kind: wire.MsgChdir, Path: "/"}.Append(nil))
			if m, ok := r.hear().(wire.Reply); !ok || m.Kind != wire.MsgOK || m.Text != "/" {
				t.Errorf("answered %v, want the directory", m)
			}
		})
	}
	r.conn.Close()
	w.testify(t, h)

	for _, tt := range []saying{
		{"a longer one", append(header(99, 64<<10+1), noise(64<<10+1)...)},
		{"the longest", header(99, math.MaxInt32)},
		{"a negative one", header(99, -1)},
		{"a path of 576 bytes", append(header(wire.MsgMkdir, 576), noise(576)...)},
		{"a negative path", header(wire.MsgMkdir, -1)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := intrude(t, h.port)
			r.login()
			r.say(tt.said)
			r.dropped()
		})
		w.testify(t, h)
	}
	// Noise in place of commands, whatever it happens to ask for, and half a one.
	for _, said := range [][]byte{noise(20_000), noise(20_000)[1:], noise(20_000)[997:], store(func(*wire.FileRequest) {})[:300]} {
		r := intrude(t, h.port)
		r.login()
		r.say(said)
		if err := r.conn.CloseWrite(); err == nil {
			r.dropped()
		}
		r.conn.Close()
		w.testify(t, h)
	}
	holds(t, h.root)
}
