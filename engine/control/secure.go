package control

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"bbftp/engine/wire"
)

// Secure has all that follows go through TLS: this end is the client or the
// server of handshake. It is bounded by ctx and by the Receive limit, as a whole:
// a peer can't stretch it byte by byte. What the peer sent ahead is the beginning of its
// handshake. After an error the connection is of no more use, but for Hangup,
// which lets the peer read why.
func (c *Conn) Secure(ctx context.Context, handshake func(net.Conn) *tls.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, c.limits.Receive)
	defer cancel()
	_ = c.base.SetDeadline(time.Time{}) // those of messages before; a dead connection fails the handshake
	conn := handshake(&resumed{Conn: c.base, early: bytes.NewReader(c.early())})
	if err := conn.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("TLS handshake: %w", err)
	}
	c.use(conn)
	return nil
}

// TLS is the state of a connection that went through [Conn.Secure]; ok is false
// for others.
func (c *Conn) TLS() (state tls.ConnectionState, ok bool) {
	conn, ok := c.conn.(*tls.Conn)
	if !ok {
		return state, false
	}
	return conn.ConnectionState(), true
}

// Release gives the connection away, with what the peer has said on it that was
// not read, and without a deadline. c must not be used any more.
func (c *Conn) Release() (conn net.Conn, early []byte) {
	_ = c.conn.SetDeadline(time.Time{}) // a dead connection fails whoever has it next
	return c.conn, c.early()
}

// early are the bytes that are in memory already, those of a connection that was
// resumed included.
func (c *Conn) early() []byte {
	b, _ := c.r.Peek(c.r.Buffered())
	return append(bytes.Clone(b), c.in.early...)
}

// Resume wraps conn, on which the peer has said early to another Conn that was
// released.
func Resume(conn net.Conn, peer wire.Sender, limits Limits, early []byte) *Conn {
	c := New(conn, peer, limits)
	c.in.early = bytes.Clone(early)
	_, _ = c.r.Peek(min(len(early), readBuffer)) // where Heard and ReadBody look for it
	return c
}

// resumed is a connection of which a part was read by somebody else.
type resumed struct {
	net.Conn
	early *bytes.Reader
}

func (r *resumed) Read(b []byte) (int, error) {
	if n, err := r.early.Read(b); err != io.EOF {
		return n, err
	}
	return r.Conn.Read(b)
}

// below is the connection that TLS goes through, or conn itself without TLS. What
// ends the connection, and what the kernel knows of it, is there.
func below(conn net.Conn) net.Conn {
	secured, ok := conn.(*tls.Conn)
	if !ok {
		return conn
	}
	if r, ok := secured.NetConn().(*resumed); ok {
		return r.Conn
	}
	return secured.NetConn()
}

// holds tells whether something of what the peer said, or how it ended, was
// received and not read yet. The kernel does not know of what TLS has taken from
// it: of that, a read that must not wait tells, which leaves TLS as it was.
func (c *Conn) holds() bool {
	if _, secured := c.conn.(*tls.Conn); !secured || c.r.Buffered() > 0 {
		return c.r.Buffered() > 0
	}
	c.in.until(time.Unix(1, 0))
	_, err := c.r.Peek(1)
	return !errors.Is(err, os.ErrDeadlineExceeded)
}

// closeNotify tells the peer that it has read everything. A peer that goes without
// a word has said all as well: where more than a message's end is missing,
// that message says so.
func (c *Conn) closeNotify() {
	if conn, ok := c.conn.(*tls.Conn); ok {
		_ = conn.CloseWrite()
	}
}
