package server

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"syscall"

	"bbftp/engine/auth"
	"bbftp/engine/wire"
)

// act does what the client did.
func (p *player) act(conn controlConn, i int, e event) error {
	switch e.kind {
	case login:
		m, err := auth.Seal(p.offer, e.user, e.secret)
		if err != nil {
			return err
		}
		return write(conn, m.Append(nil))
	case sent:
	default:
		return p.leave(conn, e)
	}
	b, err := p.contents.Join(e.bytes)
	if err != nil {
		return err
	}
	if e.conn != onControl {
		return p.send(e.conn, b)
	}
	p.overhear(b)
	b = p.announce(i, b)
	if p.dribble {
		for i := range b {
			if err := write(conn, b[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	}
	return write(conn, b)
}

// send sends on a data connection; in version 3 without waiting for the server,
// which takes nothing there until the client has gone on.
func (p *player) send(conn int, b []byte) error {
	if err := p.sentAll(conn); err != nil {
		return err
	}
	if len(p.passive) == 0 {
		return write(p.data[conn], b)
	}
	to, done := p.data[conn], make(chan error, 1)
	p.busy[conn] = done
	go func() { done <- write(to, b) }()
	return nil
}

// sentAll waits until a data connection has sent everything.
func (p *player) sentAll(conn int) error {
	done, busy := p.busy[conn]
	if !busy {
		return nil
	}
	delete(p.busy, conn)
	return <-done
}

// leave ends the client's side of a connection.
func (p *player) leave(conn controlConn, e event) error {
	if e.kind == reset {
		p.ended = p.ended || e.conn == onControl
		return errors.Join(p.sentAll(e.conn), conn.(*net.TCPConn).SetLinger(0), conn.Close())
	}
	if e.kind == eof && e.conn == onControl {
		return p.hangUp()
	}
	p.hungUp = p.hungUp || e.conn == onControl
	err := p.sentAll(e.conn)
	if end := conn.CloseWrite(); !gone(end) {
		err = errors.Join(err, end)
	}
	return err
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
		if err := p.expectMessage(wire.Reply{Kind: wire.MsgBadNoRetry, Text: p.unknown}.Append(nil)); err != nil {
			return fmt.Errorf("is the session usable? %w", err)
		}
	}
	if err := p.ctl.CloseWrite(); !gone(err) {
		return err
	}
	return nil
}

// write writes to a server that may have hung up: what it does then is for the
// next event to check.
func write(conn io.Writer, b []byte) error {
	if _, err := conn.Write(b); !gone(err) {
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
		if conn != nil {
			_ = conn.Close()
		}
	}
	for conn := range p.busy {
		_ = p.sentAll(conn)
	}
	_ = p.ctl.Close()
}
