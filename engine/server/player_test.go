package server

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"bbftp/engine/recorded"
	"bbftp/engine/wire"
)

// player plays the client's side of a recording against a server and insists
// that the server plays its own, byte for byte. What a recording cannot know is
// translated: the key, the ports, and where they stand in a text.
type player struct {
	*recording
	root string // the tree
	port uint16 // of the server
	ctl  controlConn
	data map[int]*net.TCPConn
	busy map[int]chan error // what a data connection still has to send

	next  int // event
	offer wire.Crypt
	ports []*net.TCPListener // of the ports sent last; nil where the client does not listen
	used  map[uint16]bool    // no port twice: the old pair may be in TIME_WAIT; shared by players
	heard
	loggedIn bool
	hungUp   bool
	ended    bool // by the server
}

// controlConn is a control connection, of TCP or of pipes.
type controlConn interface {
	io.ReadWriteCloser
	SetDeadline(time.Time) error
	SetReadDeadline(time.Time) error
	CloseWrite() error
}

// patience only ends a test that has failed.
const patience = 30 * time.Second

// play plays r in a tree of its own and checks what it leaves there.
func (h *host) play(t *testing.T, r recording) {
	t.Helper()
	root := h.newRoot(t)
	if r.small {
		mountSmall(t, root+smallDisk)
	}
	for _, e := range r.given {
		plant(t, root, &r, e)
	}
	h.own(t, root)
	after := snapshot(t, root)
	for _, e := range r.left {
		after[e.path] = e.describe(&r)
	}
	for _, name := range r.gone {
		delete(after, name)
	}
	r.touch(t, root)
	o := order{Config: r.server, Root: root}
	var pipes *pipePair
	if r.shell != noShell {
		pipes, o.Shell = newPipes(t, r.shell)
	}
	started := h.ask(t, o)
	if started.Err != "" {
		t.Fatal(started.Err)
	}
	p, err := h.newPlayer(&r, root, started.Port)
	if err != nil {
		t.Fatal(err)
	}
	if pipes != nil {
		p.ctl, p.dir = pipes, clientDir
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
	r.checkTimes(t, root)
	compareTrees(t, snapshot(t, root), after)
	if t.Failed() {
		t.Logf("the server's log:\n%s", done.Log)
	}
}

// newPlayer connects to a server, unless it is at the end of pipes.
func (h *host) newPlayer(r *recording, root string, port uint16) (*player, error) {
	p := &player{
		recording: r, root: root, port: port, used: h.used,
		data: make(map[int]*net.TCPConn), busy: make(map[int]chan error),
		heard: heard{dir: home, block: wire.BlockSizeV1, unknown: textUnknown},
	}
	if r.shell != noShell {
		return p, nil
	}
	conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, err
	}
	p.ctl = conn.(*net.TCPConn)
	return p, nil
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
		if e.from == wire.Client {
			return p.connect(i, e)
		}
		return p.accept(e)
	}
	conn := p.ctl
	if e.conn != onControl {
		data, open := p.data[e.conn]
		switch {
		case !open:
			return errors.New("this connection is not open")
		case data == nil: // was refused
			return nil
		}
		conn = data
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if e.from == wire.Client {
		return p.act(conn, i, e)
	}
	want, err := p.contents.Join(e.bytes)
	switch {
	case err != nil:
		return err
	case e.kind == perhaps:
		return p.expectPerhaps(want)
	case e.kind != sent && e.kind != blocks:
		p.ended = p.ended || e.conn == onControl
		return p.expectEnd(conn, e.kind)
	case e.conn == onControl:
		return p.expectMessage(want)
	case e.kind == blocks:
		got, err := recorded.ReadBlocks(conn, len(want), p.block)
		return errors.Join(err, recorded.Differ(wire.Server, got, want))
	}
	got := make([]byte, len(want))
	n, err := io.ReadFull(conn, got)
	return errors.Join(err, recorded.Differ(wire.Server, got[:n], want))
}
