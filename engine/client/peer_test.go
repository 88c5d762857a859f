package client

import (
	"bytes"
	"compress/zlib"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"bbftp/engine/wire"
	"bbftp/netio"
)

const (
	user     = "alice"
	password = "correct horse"
	greeting = "bbftpd version 1.9.4 : OK"
)

// patience is how long a scripted server waits for what must come; only a
// failing test takes that long.
const patience = time.Minute

// loginKey serves every connection: making one takes long.
var loginKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 1024) })

// script is what a server does on one connection. When it returns, the client
// must have nothing more to say and close, unless the script has closed.
type script func(*peer)

// peer is the server's end of a connection. Its methods end the script, and
// fail the test, when the client leaves the script.
type peer struct {
	*testing.T
	conn    *net.TCPConn
	version int // agreed on; 0 if not asked for
}

// serve plays one script a connection, in order, and returns the port. There
// must be as many connections as scripts.
func serve(t *testing.T, scripts ...script) uint16 {
	t.Helper()
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	t.Cleanup(func() {
		ln.Close()
		running.Wait()
	})
	running.Go(func() {
		for i := 0; ; i++ {
			conn, err := ln.AcceptTCP()
			if err != nil {
				if i < len(scripts) {
					t.Errorf("%d connections, want %d", i, len(scripts))
				}
				return
			}
			if i >= len(scripts) {
				t.Errorf("one connection more than the %d expected", len(scripts))
				conn.Close()
				continue
			}
			running.Go(func() {
				defer conn.Close()
				p := &peer{T: t, conn: conn}
				scripts[i](p)
				p.farewell()
			})
		}
	})
	return uint16(ln.Addr().(*net.TCPAddr).Port)
}

// fail ends the script.
func (p *peer) fail(format string, args ...any) {
	p.Helper()
	p.Errorf("server: "+format, args...)
	runtime.Goexit()
}

// farewell waits for the client to close, from version 2 on with a word if it
// parts in peace.
func (p *peer) farewell() {
	m, err := p.next()
	if err == nil && p.version > 1 && m.Code() == wire.MsgCloseConn {
		m, err = p.next()
	}
	switch {
	case err == nil:
		p.fail("%v where nothing more was expected", m.Code())
	case errors.Is(err, os.ErrDeadlineExceeded):
		p.fail("the client stays connected")
	}
}

func (p *peer) next() (wire.Message, error) {
	if err := p.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	return wire.Read(p.conn, wire.Client)
}

// want reads a message, which must have the code.
func (p *peer) want(code wire.Code) wire.Message {
	p.Helper()
	m, err := p.next()
	if err != nil {
		p.fail("wait for %v: %v", code, err)
	}
	if m.Code() != code {
		p.fail("%v, want %v", m.Code(), code)
	}
	return m
}

// wantPath reads a command with the path.
func (p *peer) wantPath(code wire.Code, path string) {
	p.Helper()
	if m := p.want(code).(wire.PathRequest); m.Path != path {
		p.fail("%v %q, want %q", code, m.Path, path)
	}
}

func (p *peer) send(m wire.Message) {
	p.Helper()
	p.raw(m.Append(nil))
}

func (p *peer) raw(b []byte) {
	p.Helper()
	if _, err := p.conn.Write(b); err != nil {
		p.fail("send: %v", err)
	}
}

func (p *peer) reply(kind wire.Code, text string) {
	p.Helper()
	p.send(wire.Reply{Kind: kind, Text: text})
}

// hangup closes as a server without any words does.
func (p *peer) hangup() { p.conn.Close() }

// offer sends MSG_CRYPT.
func (p *peer) offer() *rsa.PrivateKey {
	p.Helper()
	key, err := loginKey()
	if err != nil {
		p.fail("make a key: %v", err)
	}
	p.send(wire.NewCrypt(key.N, key.E))
	return key
}

// credentials reads MSG_LOG and checks what it holds.
func (p *peer) credentials(key *rsa.PrivateKey) {
	p.Helper()
	m := p.want(wire.MsgLog).(wire.Log)
	for _, field := range []struct {
		sealed []byte
		want   string
	}{{m.User[:], user}, {m.Pass[:], password}} {
		plain, err := rsa.DecryptOAEP(sha1.New(), nil, key, field.sealed, nil)
		if err != nil || string(plain) != field.want {
			p.fail("login holds %q (%v), want %q", plain, err, field.want)
		}
	}
}

// login lets the client in.
func (p *peer) login() {
	p.Helper()
	p.credentials(p.offer())
	p.reply(wire.MsgOK, greeting)
}

// request reads a file request for name, whose data streams have to be n.
func (p *peer) request(code wire.Code, name string, n int) wire.FileRequest {
	p.Helper()
	r := p.want(code).(wire.FileRequest)
	if got, err := r.FileName(); err != nil || got != name {
		p.fail("%v of %q (%v), want %q", code, got, err, name)
	}
	if err := r.Validate(); err != nil || int(r.Count) != n || r.Len != wire.FileRequestSize {
		p.fail("%v: %d streams, length %d (%v), want %d", code, r.Count, r.Len, err, n)
	}
	return r
}

// callBack connects to every port of the request, as the server does.
func (p *peer) callBack(r wire.FileRequest) []*net.TCPConn {
	p.Helper()
	var streams []*net.TCPConn
	for _, port := range r.Ports[:r.Count] {
		streams = append(streams, p.dial("127.0.0.1", port))
	}
	return streams
}

// dial connects to a data port from an address of the loopback network.
func (p *peer) dial(from string, port int32) *net.TCPConn {
	p.Helper()
	conn, err := dialFrom(from, port)
	if err != nil {
		p.fail("connect to data port %d: %v", port, err)
	}
	p.Cleanup(func() { conn.Close() })
	return conn
}

func dialFrom(from string, port int32) (*net.TCPConn, error) {
	conn, err := net.DialTCP("tcp",
		&net.TCPAddr{IP: net.ParseIP(from)},
		net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))))
	if err != nil {
		return nil, err
	}
	return conn, conn.SetDeadline(time.Now().Add(patience))
}

// ownPorts are for data ports that must be closed afterwards: no other program gets one
// of them by chance, because ephemeral ones begin at 32768.
func ownPorts() netio.PortRange {
	lowest := uint16(10000 + os.Getpid()%200*100)
	return netio.PortRange{Min: lowest, Max: lowest + 99}
}

// nobody is a port of 127.0.0.1 that refuses connections, and that nobody else gets: it is
// taken, but not listened on.
func nobody(t testing.TB) uint16 {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	syscall.CloseOnExec(fd)
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	taken, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return uint16(taken.(*syscall.SockaddrInet4).Port)
}

// segment is the part of n streams that stream i carries (wire.md 6.2).
func segment(b []byte, i, n int) []byte {
	part := len(b) / n
	if i == n-1 {
		return b[i*part:]
	}
	return b[i*part:][:part]
}

// collect receives a raw put and returns the file.
func (p *peer) collect(streams []*net.TCPConn, size int64) []byte {
	p.Helper()
	b := make([]byte, size)
	for i, conn := range streams {
		if _, err := io.ReadFull(conn, segment(b, i, len(streams))); err != nil {
			p.fail("data stream %d: %v", i+1, err)
		}
	}
	return b
}

// acknowledge ends the streams of a put.
func (p *peer) acknowledge(streams []*net.TCPConn) {
	p.Helper()
	for i, conn := range streams {
		if _, err := conn.Write(wire.AppendAck(nil)); err != nil {
			p.fail("data stream %d: %v", i+1, err)
		}
		conn.Close()
	}
}

// deliver serves the data of a get, in blocks or raw, and takes the ACKs.
func (p *peer) deliver(streams []*net.TCPConn, content []byte, blocks bool) {
	p.Helper()
	for i, conn := range streams {
		data := segment(content, i, len(streams))
		if blocks {
			data = zlibBlocks(data)
		}
		if _, err := conn.Write(data); err != nil {
			p.fail("data stream %d: %v", i+1, err)
		}
	}
	for i, conn := range streams {
		if err := wire.ReadAck(conn); err != nil {
			p.fail("data stream %d: %v", i+1, err)
		}
		conn.Close()
	}
}

// zlibBlocks frames data the way legacy peers do.
func zlibBlocks(data []byte) []byte {
	var out []byte
	for len(data) > 0 {
		n := min(len(data), 256000)
		var packed bytes.Buffer
		w := zlib.NewWriter(&packed)
		_, err := w.Write(data[:n])
		if err := errors.Join(err, w.Close()); err != nil {
			panic(err) // a bytes.Buffer does not fail
		}
		out = binary.BigEndian.AppendUint32(out, 1)
		out = binary.BigEndian.AppendUint32(out, uint32(packed.Len()))
		out, data = append(out, packed.Bytes()...), data[n:]
	}
	return out
}

// closed waits for the client to end a data stream.
func (p *peer) closed(conn *net.TCPConn) {
	p.Helper()
	if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
		p.fail("a data stream stays open")
	}
}

// refusedPort checks that nobody listens on a data port any more.
func (p *peer) refusedPort(port int32) {
	p.Helper()
	if conn, err := dialFrom("127.0.0.1", port); err == nil {
		conn.Close()
		p.fail("data port %d is still open", port)
	}
}
