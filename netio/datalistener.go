package netio

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// DataConfig says where a data stream is expected and from whom.
type DataConfig struct {
	Options

	// Local is the address to listen on, normally the local address of the
	// control connection. An invalid address listens on all.
	Local netip.Addr

	// Ports is scanned from a random port on, once around: a port is then not taken
	// again right after a transfer used it, while somebody may still call there.
	Ports PortRange

	// Wait bounds how long ports of Ports that others use are waited for. 0 stands
	// for 5 s, less than 0 for not at all.
	Wait time.Duration

	// Peer is the only address a data stream may come from: the protocol has
	// no token on data connections, whoever comes first would own the segment
	// (wire.md 14.5). An invalid address lets anyone in.
	Peer netip.Addr

	// OnRefused, if set, is told about each connection from elsewhere, which
	// is closed at once. Accept calls it and waits for its return.
	OnRefused func(from netip.AddrPort)
}

// DataListener waits for the one connection of one data stream.
type DataListener struct {
	ln      *net.TCPListener
	options Options
	peer    netip.Addr
	refuse  func(netip.AddrPort)
	refused atomic.Int64
}

// Port is the port to announce to the peer.
func (l *DataListener) Port() uint16 { return l.Addr().Port() }

// Addr is the address listened on.
func (l *DataListener) Addr() netip.AddrPort {
	return l.ln.Addr().(*net.TCPAddr).AddrPort()
}

// Refused counts the connections turned away so far. It may be called at any
// time.
func (l *DataListener) Refused() int { return int(l.refused.Load()) }

// Close gives the port back and ends an Accept with net.ErrClosed. Closing
// again does nothing.
func (l *DataListener) Close() error {
	if err := l.ln.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// Accept waits for the peer's connection and closes the listening socket,
// whatever comes of it: a DataListener accepts once. The error wraps the
// cause of ctx, or net.ErrClosed.
func (l *DataListener) Accept(ctx context.Context) (*net.TCPConn, error) {
	defer l.Close()
	// A deadline in the past wakes the waiting accept.
	defer context.AfterFunc(ctx, func() { _ = l.ln.SetDeadline(time.Unix(1, 0)) })()
	for {
		conn, err := l.ln.AcceptTCP()
		if ctx.Err() != nil {
			if conn != nil {
				conn.Close()
			}
			return nil, fmt.Errorf("accept data stream on %v: %w", l.Addr(), context.Cause(ctx))
		}
		if err != nil {
			return nil, fmt.Errorf("accept data stream: %w", err)
		}
		from := conn.RemoteAddr().(*net.TCPAddr).AddrPort()
		if !l.peer.IsValid() || from.Addr().Unmap() == l.peer {
			l.options.complete(conn)
			return conn, nil
		}
		conn.Close()
		l.refused.Add(1)
		if l.refuse != nil {
			l.refuse(from)
		}
	}
}
