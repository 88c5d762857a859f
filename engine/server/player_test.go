package server

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"bbftp/engine/auth"
	"bbftp/engine/wire"
)

// player plays the client's side of a recording against a server and insists
// that the server plays its own, byte for byte. What a recording cannot know is
// translated: the key, the ports, and where they stand in a text.
type player struct {
	*recording
	root string // the tree
	port uint16 // of the server
	ctl  *net.TCPConn
	data map[int]*net.TCPConn

	next     int // event
	offer    wire.Crypt
	ports    []*net.TCPListener // of the file request sent last; nil where the client does not listen
	used     map[uint16]bool    // no port twice: the old pair may be in TIME_WAIT
	loggedIn bool
	hungUp   bool
	ended    bool // by the server
}

// patience only ends a test that has failed.
const patience = 30 * time.Second

// play plays r in a tree of its own and checks what it leaves there.
func (h *host) play(t *testing.T, r recording) {
	t.Helper()
	root := h.newRoot(t)
	for _, e := range r.given {
		h.plant(t, root, &r, e)
	}
	before := snapshot(t, root)
	for _, e := range r.left {
		before[e.path] = e.describe(&r)
	}
	started := h.ask(t, order{Config: r.server, Root: root})
	if started.Err != "" {
		t.Fatal(started.Err)
	}
	p, err := newPlayer(&r, root, started.Port)
	if err != nil {
		t.Fatal(err)
	}
	err = p.run()
	p.close()
	if r.atEnd != nil {
		r.atEnd()
	}
	done := h.ask(t, order{Config: r.server})
	if done.Err != "" {
		t.Error(done.Err)
	}
	if err != nil {
		t.Error(err)
	}
	compareTrees(t, snapshot(t, root), before)
	if t.Failed() {
		t.Logf("the server's log:\n%s", done.Log)
	}
}

// newPlayer connects to a server.
func newPlayer(r *recording, root string, port uint16) (*player, error) {
	conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, err
	}
	ctl := conn.(*net.TCPConn)
	return &player{recording: r, root: root, port: port, ctl: ctl, data: make(map[int]*net.TCPConn), used: make(map[uint16]bool)},
		ctl.SetDeadline(time.Now().Add(patience))
}

func (p *player) run() error {
	if err := p.playTo(len(p.events)); err != nil || p.ended {
		return err
	}
	if err := p.hangUp(); err != nil {
		return fmt.Errorf("at the end: %w", err)
	}
	return p.expectEnd(p.ctl, eof)
}

// playTo plays the events before the given one that have not been played.
func (p *player) playTo(end int) error {
	for ; p.next < end; p.next++ {
		e := p.events[p.next]
		if err := p.step(p.next, e); err != nil {
			return fmt.Errorf("event %d, %.200v: %w", p.next, e, err)
		}
	}
	return nil
}

func (p *player) step(i int, e event) error {
	if e.kind == opened {
		return p.accept(e)
	}
	conn := p.ctl
	if e.conn != onControl {
		if conn = p.data[e.conn]; conn == nil {
			return errors.New("this connection is not open")
		}
	}
	switch {
	case e.kind == login:
		m, err := auth.Seal(p.offer, e.user, e.secret)
		if err != nil {
			return err
		}
		return write(conn, m.Append(nil))
	case e.from == wire.Client && e.kind == sent:
		b, err := p.join(e.bytes)
		if err != nil {
			return err
		}
		if e.conn == onControl {
			b = p.announce(i, b)
		}
		if p.dribble {
			for i := range b {
				if err := write(conn, b[i:i+1]); err != nil {
					return err
				}
			}
			return nil
		}
		return write(conn, b)
	case e.from == wire.Client:
		return p.leave(conn, e)
	case e.kind != sent && e.kind != blocks:
		p.ended = p.ended || e.conn == onControl
		return p.expectEnd(conn, e.kind)
	}
	want, err := p.join(e.bytes)
	switch {
	case err != nil:
		return err
	case e.conn == onControl:
		return p.expectMessage(want)
	case e.kind == blocks:
		got, err := readBlocks(conn, len(want))
		return errors.Join(err, differ(got, want))
	}
	got := make([]byte, len(want))
	n, err := io.ReadFull(conn, got)
	return errors.Join(err, differ(got[:n], want))
}

// expectMessage reads one message and compares it.
func (p *player) expectMessage(want []byte) error {
	head := make([]byte, wire.HeaderSize)
	if n, err := io.ReadFull(p.ctl, head); err != nil {
		return fmt.Errorf("the server sent %q, then %w", head[:n], err)
	}
	got := head
	if n := int32(binary.BigEndian.Uint32(head[4:])); n > 0 && n <= wire.MaxString {
		body := make([]byte, n)
		m, err := io.ReadFull(p.ctl, body)
		if got = append(got, body[:m]...); err != nil {
			return fmt.Errorf("the server sent %q, then %w", got, err)
		}
	}
	if wire.Code(binary.BigEndian.Uint32(got)) == wire.MsgCrypt {
		m, _, err := wire.Parse(got, wire.Server)
		if err != nil {
			return err
		}
		p.offer = m.(wire.Crypt)
		if n := p.offer.Modulus; len(n) != 1+modulusLen || n[1]&0x80 == 0 || n[len(n)-1]&1 == 0 {
			return fmt.Errorf("no RSA modulus of 1024 bits: %x", n)
		}
	}
	if err := differ(maskKey(got), p.translate(maskKey(want))); err != nil {
		return err
	}
	p.loggedIn = p.loggedIn || bytes.HasSuffix(got, []byte(recordedVersion+" : OK"))
	return p.nothingHalf()
}

// nothingHalf looks for files being written. When the client is answered there
// must be none.
func (p *player) nothingHalf() error {
	return filepath.WalkDir(p.root, func(name string, _ fs.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(name), ".bbftp.") {
			return fmt.Errorf("%s is there with the answer", name)
		}
		return err
	})
}

// translate puts the server's own port into the text that shows it.
func (p *player) translate(want []byte) []byte {
	m, _, err := wire.Parse(want, wire.Server)
	if r, ok := m.(wire.Reply); err == nil && ok {
		r.Text = strings.Replace(r.Text, "default port 5021\n", fmt.Sprintf("default port %d\n", p.port), 1)
		return r.Append(nil)
	}
	return want
}

func differ(got, want []byte) error {
	if bytes.Equal(got, want) {
		return nil
	}
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	return fmt.Errorf("the server sent %d bytes\n\t%.200q\nrather than %d\n\t%.200q\nfirst difference at byte %d", len(got), got, len(want), want, at)
}

// expectEnd reads to the end of what the server sends, which must be now.
func (p *player) expectEnd(conn *net.TCPConn, want kind) error {
	var extra [64]byte
	n, err := conn.Read(extra[:])
	switch {
	case n > 0:
		return fmt.Errorf("the server sent %q rather than an end", extra[:n])
	case errors.Is(err, io.EOF) && want != reset, gone(err) && want != eof:
		return nil
	}
	return fmt.Errorf("the server's end: %w, want %s", err, ends[want])
}

// leave ends the client's side of a connection.
func (p *player) leave(conn *net.TCPConn, e event) error {
	switch {
	case e.kind == reset:
		p.ended = p.ended || e.conn == onControl
		return errors.Join(conn.SetLinger(0), conn.Close())
	case e.kind == eof && e.conn == onControl:
		return p.hangUp()
	}
	p.hungUp = p.hungUp || e.conn == onControl
	if err := conn.CloseWrite(); err != nil && !gone(err) {
		return err
	}
	return nil
}

// silent fails if the server has sent anything that was not asked for yet.
func (p *player) silent() error {
	if err := p.ctl.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		return err
	}
	var b [64]byte
	n, err := p.ctl.Read(b[:])
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("the server sent %q, %v", b[:n], err)
	}
	return p.ctl.SetReadDeadline(time.Now().Add(patience))
}

// hangUp sends the client's EOF. A logged-in session must have been usable
// until then.
func (p *player) hangUp() error {
	if p.hungUp {
		return nil
	}
	p.hungUp = true
	if p.loggedIn && !p.ended {
		if err := write(p.ctl, wire.Header{Code: 99}.Append(nil)); err != nil {
			return err
		}
		if err := p.expectMessage(wire.Reply{Kind: wire.MsgBadNoRetry, Text: textUnknown}.Append(nil)); err != nil {
			return fmt.Errorf("is the session usable? %w", err)
		}
	}
	if err := p.ctl.CloseWrite(); err != nil && !gone(err) {
		return err
	}
	return nil
}

// announce puts our own ports into a file request. We listen on those that
// the recorded server came to.
func (p *player) announce(i int, b []byte) []byte {
	m, n, err := wire.Parse(b, wire.Client)
	r, ok := m.(wire.FileRequest)
	if err != nil || !ok || n < len(b) {
		return b
	}
	p.closePorts()
	p.ports = make([]*net.TCPListener, wire.MaxStreamsV1)
	ports := p.events[i].ports
	if ports == nil {
		ports = func(own uint16) int32 { return int32(own) }
	}
	for stream := range min(max(r.Count, 0), wire.MaxStreamsV1) {
		// Nothing can listen on a port that a connection has.
		own := p.ctl.LocalAddr().(*net.TCPAddr).AddrPort().Port()
		if p.comes(i, int(stream)) {
			p.ports[stream], own = p.listen()
		}
		r.Ports[stream] = ports(own)
	}
	return r.Append(nil)
}

// comes reports whether the server connected to the stream's port after the
// file request that is event i.
func (p *player) comes(i, stream int) bool {
	for _, e := range p.events[i+1:] {
		if e.kind == opened && e.stream == stream {
			return true
		}
		if e.conn == onControl && e.from == wire.Client && e.kind == sent && len(e.bytes) > 0 && len(e.bytes[0].plain) == wire.HeaderSize+wire.FileRequestSize {
			return false
		}
	}
	return false
}

func (p *player) listen() (*net.TCPListener, uint16) {
	for {
		l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			panic(err) // the machine is out of ports
		}
		port := l.Addr().(*net.TCPAddr).AddrPort().Port()
		if !p.used[port] {
			p.used[port] = true
			return l, port
		}
		_ = l.Close()
	}
}

// accept takes the server's connection to a stream's port, which comes from
// the port below that of the control connection.
func (p *player) accept(e event) error {
	if e.stream >= len(p.ports) || p.ports[e.stream] == nil {
		return errors.New("the client does not listen for this stream")
	}
	l := p.ports[e.stream]
	if err := l.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	conn, err := l.AcceptTCP()
	if err != nil {
		return err
	}
	p.data[e.conn] = conn
	if from := conn.RemoteAddr().(*net.TCPAddr).AddrPort().Port(); from != p.port-1 {
		return fmt.Errorf("the stream comes from port %d, want %d", from, p.port-1)
	}
	return conn.SetDeadline(time.Now().Add(patience))
}

// write writes to a server that may have hung up: what it does then is for the
// next event to check.
func write(conn *net.TCPConn, b []byte) error {
	if _, err := conn.Write(b); err != nil && !gone(err) {
		return err
	}
	return nil
}

func gone(err error) bool {
	return slices.ContainsFunc([]error{syscall.ECONNRESET, syscall.EPIPE, syscall.ENOTCONN}, func(e error) bool { return errors.Is(err, e) })
}

func (p *player) closePorts() {
	for _, l := range p.ports {
		if l != nil {
			_ = l.Close()
		}
	}
	p.ports = nil
}

func (p *player) close() {
	p.closePorts()
	for _, conn := range p.data {
		_ = conn.Close()
	}
	_ = p.ctl.Close()
}
