// Package control is the control connection both ends of a session talk over:
// whole messages in, one write per message out, and every wait bounded.
//
// Cancelling is closing: a session that must end calls Close, and whatever
// was waiting returns.
package control

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"bbftp/engine/wire"
	"bbftp/netio"
)

// Limits bound the waits of a control connection (wire.md 5). Zero values are
// the documented defaults.
type Limits struct {
	// Receive bounds reading the rest of a message that has begun, header and body
	// together. Default 180 s.
	Receive time.Duration
	// Send bounds writing one message. Default 180 s.
	Send time.Duration
}

func (l Limits) withDefaults() Limits {
	if l.Receive == 0 {
		l.Receive = defaultLimit
	}
	if l.Send == 0 {
		l.Send = defaultLimit
	}
	return l
}

const defaultLimit = 180 * time.Second

// readBuffer holds the largest fixed message (584 bytes) many times over while
// keeping an idle session cheap.
const readBuffer = 4096

// Conn is one control connection. Reading and writing belong to the session's
// goroutine; only Close may be called from any.
type Conn struct {
	base   net.Conn // below conn, if that is TLS; never changes, so that Close may be called from anywhere
	conn   net.Conn
	peer   wire.Sender
	in     *timed
	r      *bufio.Reader // of in
	limits Limits
}

// New wraps conn, whose other end is peer.
func New(conn net.Conn, peer wire.Sender, limits Limits) *Conn {
	c := &Conn{base: below(conn), peer: peer, limits: limits.withDefaults()}
	c.use(conn)
	return c
}

func (c *Conn) use(conn net.Conn) {
	c.conn, c.in = conn, &timed{Conn: conn}
	c.r = bufio.NewReaderSize(c.in, readBuffer)
}

// Close ends the connection at once; a waiting Read or Send returns an error.
func (c *Conn) Close() error { return c.base.Close() }

// LocalAddr is the address data connections of the session belong to.
func (c *Conn) LocalAddr() netip.AddrPort { return AddrPort(c.base.LocalAddr()) }

// RemoteAddr is the only address data connections may come from or go to.
func (c *Conn) RemoteAddr() netip.AddrPort { return AddrPort(c.base.RemoteAddr()) }

// AddrPort is addr, which must be one of TCP, with an IPv4 address as such, also when the
// socket is one that serves both families.
func AddrPort(addr net.Addr) netip.AddrPort {
	ap := addr.(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// Send writes m, and what is said along with it, in a single write, so that it
// never waits for Nagle's algorithm and the peer's delayed acknowledgement.
func (c *Conn) Send(m wire.Message, more ...wire.Message) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(c.limits.Send)); err != nil {
		return fmt.Errorf("send %v: %w", m.Code(), err)
	}
	b := m.Append(nil)
	for _, m := range more {
		b = m.Append(b)
	}
	if _, err := c.conn.Write(b); err != nil {
		return fmt.Errorf("send %v: %w", m.Code(), err)
	}
	return nil
}

// SetLimits changes the bounds of the waits that follow; zero values are the
// documented defaults.
func (c *Conn) SetLimits(limits Limits) { c.limits = limits.withDefaults() }

// ReadHeader waits up to wait (0: for ever, less: not at all) for the first byte
// of a message.
// It returns io.EOF if the peer closed between messages.
func (c *Conn) ReadHeader(wait time.Duration) (wire.Header, error) {
	if err := c.await(wait); err != nil {
		return wire.Header{}, err
	}
	return wire.ReadHeader(c.r)
}

// ReadBody reads what really follows h (wire.md 1.2), in what ReadHeader has left of the
// time for the message.
func (c *Conn) ReadBody(h wire.Header) (wire.Message, error) {
	if tcp, ok := c.base.(*net.TCPConn); ok && c.r.Buffered() == 0 && h.Len > 0 {
		// Legacy peers write header and body apart and leave Nagle's algorithm on.
		netio.QuickAck(tcp)
	}
	return wire.ReadBody(c.r, h, c.peer)
}

// Read waits up to wait (0: for ever) for a message to begin and reads it.
func (c *Conn) Read(wait time.Duration) (wire.Message, error) {
	h, err := c.ReadHeader(wait)
	if err != nil {
		return nil, err
	}
	return c.ReadBody(h)
}

// Discard drops the n bytes of a body nobody wants, in the same time as ReadBody.
func (c *Conn) Discard(n int) error {
	_, err := c.r.Discard(n)
	return err
}

// await returns once a byte can be read, with the deadline set for the rest of
// its message.
func (c *Conn) await(wait time.Duration) error {
	var deadline time.Time
	if wait != 0 {
		deadline = time.Now().Add(wait)
	}
	c.in.until(deadline)
	if _, err := c.r.Peek(1); err != nil {
		return err
	}
	c.in.until(time.Now().Add(c.limits.Receive))
	return nil
}

// Heard looks, without waiting for it to begin, whether the peer has said or done
// something that was not read yet, and leaves it unread: the header of a message,
// or the error that ended the connection.
func (c *Conn) Heard() (h wire.Header, something bool, err error) {
	if conn, ok := c.base.(syscall.Conn); ok && !c.holds() && !netio.Readable(conn) {
		return wire.Header{}, false, nil
	}
	c.in.until(time.Now().Add(c.limits.Receive))
	b, err := c.r.Peek(wire.HeaderSize)
	if err != nil {
		return wire.Header{}, true, err
	}
	h, err = wire.ReadHeader(bytes.NewReader(b))
	return h, true, err
}

// Watch reports, once and from a goroutine of its own, what the peer does
// while the session is busy with data streams: the header of a message, left
// unread, or the error that ended the connection. No other read may happen
// until stop has returned; after that nothing more is reported.
func (c *Conn) Watch(event func(wire.Header, error)) (stop func()) {
	done := make(chan struct{})
	c.in.set(time.Time{}) // a dead connection fails the Peek below
	go func() {
		defer close(done)
		b, err := c.r.Peek(wire.HeaderSize)
		switch {
		case err == nil:
			event(wire.ReadHeader(bytes.NewReader(b)))
		case errors.Is(err, os.ErrDeadlineExceeded): // stopped
		default:
			event(wire.Header{}, err)
		}
	}()
	return func() {
		_ = c.conn.SetReadDeadline(time.Unix(1, 0))
		<-done
		c.in.until(time.Time{})
	}
}

// Hangup closes the connection so that a reply just sent survives: with
// unread input in its buffers the kernel would send a reset, which can
// overtake the reply (wire.md 11.3). It reads on for a moment, then closes.
func (c *Conn) Hangup() error {
	const (
		patience = time.Second
		most     = 1 << 20
	)
	c.closeNotify()
	// Also of TLS the bytes below are dropped: what they say matters no more.
	if half, ok := c.base.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_ = c.base.SetReadDeadline(time.Now().Add(patience))
		_, _ = io.CopyN(io.Discard, c.base, most)
	}
	return c.base.Close()
}
