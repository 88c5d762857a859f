package server

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
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
	used     map[uint16]bool    // no port twice: the old pair may be in TIME_WAIT; shared by players
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
	p, err := h.newPlayer(&r, root, started.Port)
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
func (h *host) newPlayer(r *recording, root string, port uint16) (*player, error) {
	conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, err
	}
	return &player{
		recording: r, root: root, port: port, ctl: conn.(*net.TCPConn),
		data: make(map[int]*net.TCPConn), used: h.used,
	}, nil
}

func (p *player) run() error {
	if err := p.playTo(len(p.events)); err != nil || p.ended {
		return err
	}
	if err := p.ctl.SetDeadline(time.Now().Add(patience)); err != nil {
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
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
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

func (p *player) close() {
	p.closePorts()
	for _, conn := range p.data {
		_ = conn.Close()
	}
	_ = p.ctl.Close()
}
