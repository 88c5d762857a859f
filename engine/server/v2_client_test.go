package server

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"bbftp/engine/recorded"
	"bbftp/engine/transfer"
	"bbftp/engine/wire"
)

// v2Client is the client's end of a control connection.
type v2Client struct {
	t       testing.TB
	in      io.Reader
	out     io.Writer
	conn    interface{ SetDeadline(time.Time) error }
	version int32
}

// login begins a session of a version; 0 leaves it in PROTWAIT. There is no real
// login, which takes the time for a key.
func (s *v2Server) login(t testing.TB, version int32) *v2Client {
	t.Helper()
	near, far := tcpPair(t)
	s.begin(t, far)
	c := &v2Client{t: t, in: near, out: near, conn: near}
	c.choose(1, version)
	return c
}

// loginOver logs in by clear text.
func loginOver(t testing.TB, conn net.Conn, version int32) *v2Client {
	t.Helper()
	c := &v2Client{t: t, in: conn, out: conn, conn: conn}
	if _, ok := c.read().(wire.Crypt); !ok {
		t.Fatal("the server does not begin with MSG_CRYPT")
	}
	m, err := wire.NewClearLog("bbuser", "secret")
	if err != nil {
		t.Fatal(err)
	}
	c.send(m)
	c.ok("bbftpd version " + recordedVersion + " : OK")
	c.choose(1, version)
	return c
}

func (c *v2Client) choose(oldest, version int32) {
	c.t.Helper()
	if c.version = version; version == 0 {
		return
	}
	c.send(wire.Signal{Kind: wire.MsgProt})
	if got, want := c.read(), (wire.ProtRange{Min: oldest, Max: 3}); got != want {
		c.t.Fatalf("the server offers %+v, want %+v", got, want)
	}
	c.send(wire.ProtChoice{Version: version})
}

func (c *v2Client) send(ms ...wire.Message) {
	c.t.Helper()
	var b []byte
	for _, m := range ms {
		b = m.Append(b)
	}
	c.sendBytes(b)
}

// sendBytes writes to a server that may have hung up: what it did then is for
// the next expectation.
func (c *v2Client) sendBytes(b []byte) {
	c.t.Helper()
	if _, err := c.out.Write(b); err != nil && !gone(err) {
		c.t.Fatal(err)
	}
}

// head sends a header alone, body a whole message.
func (c *v2Client) head(code wire.Code, n int32) {
	c.sendBytes(wire.Header{Code: code, Len: n}.Append(nil))
}

func (c *v2Client) body(code wire.Code, body string) { c.sendBytes(message(code, body)) }

func (c *v2Client) tryRead() (wire.Message, error) {
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	return wire.Read(c.in, wire.Server)
}

func (c *v2Client) read() wire.Message {
	c.t.Helper()
	m, err := c.tryRead()
	if err != nil {
		c.t.Fatalf("the server sent no message: %v", err)
	}
	return m
}

func (c *v2Client) expect(kind wire.Code, text string) {
	c.t.Helper()
	if got, want := c.read(), (wire.Reply{Kind: kind, Text: text}); got != want {
		c.t.Fatalf("the server sent %v %.300q, want %v %.300q", got.Code(), got, kind, text)
	}
}

func (c *v2Client) ok(text string)  { c.t.Helper(); c.expect(wire.MsgOK, text) }
func (c *v2Client) bad(text string) { c.t.Helper(); c.expect(wire.MsgBad, text) }
func (c *v2Client) never(text string) {
	c.t.Helper()
	c.expect(wire.MsgBadNoRetry, text)
}

// closed expects the end without another message, and no reset.
func (c *v2Client) closed() {
	c.t.Helper()
	if m, err := c.tryRead(); !errors.Is(err, io.EOF) {
		c.t.Fatalf("the server sent %v, %v, want its end", m, err)
	}
}

// alive shows that the session is in LOGGED.
func (c *v2Client) alive() {
	c.t.Helper()
	c.body(wire.MsgStat, "\x00\x00\x00\x00no such file")
	c.never("stat no such file failed")
}

func (c *v2Client) path(code wire.Code, o wire.Options, path string) {
	c.t.Helper()
	c.send(wire.PathCommand{Kind: code, Options: o, Path: path})
}

// v2Block is the buffer of wish in bytes.
const v2Block = 16 << 10

// wish is a request as legacy clients make it.
func wish(kind wire.Code, size int64, o wire.Options, streams int32) wire.Transfer {
	return wire.Transfer{
		Kind: kind, Size: size, Options: o, Mode: 0o640,
		Accessed: wire.NewTimestamp(time.Unix(1_000_000_000, 0)), Modified: wire.NewTimestamp(time.Unix(1_000_000_060, 0)),
		SendWindow: 256, RecvWindow: 256, BufferSize: v2Block >> 10, Streams: streams,
	}
}

func (c *v2Client) request(r wire.Transfer, name string) {
	c.t.Helper()
	c.send(r, wire.Filename{Path: name})
}

// agreed reads TRANS_OK.
func (c *v2Client) agreed() wire.Transfer {
	c.t.Helper()
	want := wire.MsgTransOKV2
	if c.version == 3 {
		want = wire.MsgTransOKV3
	}
	m := c.read()
	if m.Code() != want {
		c.t.Fatalf("the server sent %v %.300q, want %v", m.Code(), m, want)
	}
	return m.(wire.Transfer)
}

// starts are the messages that begin a transfer, for each version.
var starts = map[int32][2]wire.Code{
	2: {wire.MsgTransStartV2, wire.MsgTransSimul},
	3: {wire.MsgTransStartV3, wire.MsgTransSimulV3},
}

// open opens the data streams as the version has it and says START or SIMUL.
func (c *v2Client) open(a wire.Transfer, simulate bool) []*net.TCPConn {
	c.t.Helper()
	kind := starts[c.version][0]
	if simulate {
		kind = starts[c.version][1]
	}
	if c.version == 2 {
		return c.called(kind, int(a.Streams))
	}
	conns := c.dial(a.Ports)
	c.send(wire.NewPassiveStart(kind, len(conns)))
	return conns
}

func (c *v2Client) dial(ports wire.Ports) (conns []*net.TCPConn) {
	c.t.Helper()
	for _, port := range ports {
		conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			c.t.Fatal(err)
		}
		conns = append(conns, c.owned(conn))
	}
	return conns
}

func (c *v2Client) owned(conn net.Conn) *net.TCPConn {
	c.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		c.t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

// listeners are ports to be called back at.
func (c *v2Client) listeners(n int) (ls []net.Listener, ports wire.Ports) {
	c.t.Helper()
	for range n {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			c.t.Fatal(err)
		}
		c.t.Cleanup(func() { _ = l.Close() })
		ls, ports = append(ls, l), append(ports, int32(l.Addr().(*net.TCPAddr).Port))
	}
	return ls, ports
}

func (c *v2Client) called(kind wire.Code, n int) (conns []*net.TCPConn) {
	c.t.Helper()
	ls, ports := c.listeners(n)
	c.send(wire.ActiveStart{Kind: kind, Ports: ports})
	for _, l := range ls {
		conn, err := l.Accept()
		if err != nil {
			c.t.Fatal(err)
		}
		conns = append(conns, c.owned(conn))
	}
	return conns
}

// put sends content over the streams, which must all be acknowledged.
func (c *v2Client) put(conns []*net.TCPConn, content string, pack func([]byte) []byte) {
	c.t.Helper()
	for i, s := range transfer.Split(int64(len(content)), len(conns)) {
		part := []byte(content[s.Offset : s.Offset+s.Length])
		if pack != nil {
			part = pack(part)
		}
		if _, err := conns[i].Write(part); err != nil {
			c.t.Fatal(err)
		}
	}
	for i, conn := range conns {
		if got, err := io.ReadAll(conn); err != nil || string(got) != string(ack) {
			c.t.Fatalf("stream %d answers %q, %v, want an ACK and an end", i+1, got, err)
		}
	}
}

// get reads size bytes from the streams and acknowledges them.
func (c *v2Client) get(conns []*net.TCPConn, size int64, compressed bool) string {
	c.t.Helper()
	all := make([]byte, size)
	for i, s := range transfer.Split(size, len(conns)) {
		part := all[s.Offset : s.Offset+s.Length]
		var err error
		if compressed {
			var got []byte
			got, err = recorded.ReadBlocks(conns[i], len(part), v2Block)
			copy(part, got)
		} else {
			_, err = io.ReadFull(conns[i], part)
		}
		if err == nil {
			_, err = conns[i].Write(ack)
		}
		if err != nil {
			c.t.Fatalf("stream %d: %v", i+1, err)
		}
	}
	return string(all)
}

func (c *v2Client) halfClose() {
	c.t.Helper()
	if err := c.out.(interface{ CloseWrite() error }).CloseWrite(); err != nil && !gone(err) && !errors.Is(err, os.ErrClosed) {
		c.t.Fatal(err)
	}
}

// tcpPair is a connection to nobody else.
func tcpPair(t testing.TB) (near, far *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dialed, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dialed.Close(); _ = accepted.Close() })
	return dialed.(*net.TCPConn), accepted.(*net.TCPConn)
}
