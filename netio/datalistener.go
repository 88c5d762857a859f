package netio

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

// ErrNoPort reports that no port of a PortRange could be had.
var ErrNoPort = errors.New("no free port in range")

// PortRange is the inclusive range data listeners choose from, for firewalls
// that let only some ports pass. The zero value means any ephemeral port.
type PortRange struct{ Min, Max uint16 }

// DataConfig says where a data stream is expected and from whom.
type DataConfig struct {
	Options

	// Local is the address to listen on, normally the local address of the
	// control connection. An invalid address listens on all.
	Local netip.Addr

	// Ports is scanned upward, the first ports that can be bound are taken.
	Ports PortRange

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

// ListenData opens the listening sockets of n data streams, in the order of their
// ports, or none. It fails with ErrNoPort if the range has too few ports left.
func ListenData(ctx context.Context, n int, c DataConfig) ([]*DataListener, error) {
	if c.Ports.Min > c.Ports.Max || (c.Ports.Min == 0 && c.Ports.Max != 0) {
		return nil, fmt.Errorf("data ports %d:%d: %w", c.Ports.Min, c.Ports.Max, syscall.EINVAL)
	}
	listeners := make([]*DataListener, 0, n)
	port := c.Ports.Min
	for range n {
		ln, err := listenFrom(ctx, port, c)
		if err != nil {
			for _, l := range listeners {
				_ = l.Close()
			}
			return nil, err
		}
		l := &DataListener{ln: ln, options: c.Options, peer: c.Peer.Unmap(), refuse: c.OnRefused}
		listeners = append(listeners, l)
		// Trying those below again would cost a stream 8 µs each, 25 streams 3 ms.
		// At the end of the range the last one answers that it is taken.
		if c.Ports.Min != 0 {
			port = min(l.Port(), c.Ports.Max-1) + 1
		}
	}
	return listeners, nil
}

// listenFrom takes the first port of the range that can be bound, from port on.
func listenFrom(ctx context.Context, port uint16, c DataConfig) (*net.TCPListener, error) {
	host := ""
	if c.Local.IsValid() {
		host = c.Local.Unmap().String()
	}
	for {
		ln, err := Listen(ctx, net.JoinHostPort(host, strconv.Itoa(int(port))), c.Options)
		// Another port may do only where it is the port that failed.
		switch {
		case err == nil:
			return ln, nil
		case port == 0 || !(errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EACCES)):
			return nil, err
		case port == c.Ports.Max:
			return nil, fmt.Errorf("%w %d:%d: %w", ErrNoPort, c.Ports.Min, c.Ports.Max, err)
		}
		port++
	}
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
