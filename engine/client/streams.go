package client

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"bbftp/netio"
)

// listeners are the ports one file's data streams are expected at, each for a
// single connection.
type listeners []*netio.DataListener

// listen opens n listeners on the control connection's local address. They
// must stand before their ports are announced (wire.md 6.1).
func (c *Client) listen(ctx context.Context, n int) (listeners, error) {
	data := netio.DataConfig{
		// Windows are named from the other side's point of view (wire.md 6.3).
		Options: c.dataOptions(c.set.RecvWindow, c.set.SendWindow),
		Local:   c.ctl.LocalAddr().Addr(),
		Peer:    c.ctl.RemoteAddr().Addr(),
		Ports:   c.cfg.DataPorts,
		OnRefused: func(from netip.AddrPort) {
			c.log.Warn("a stranger connected to a data port", "from", from.String())
		},
	}
	if c.cfg.DataFrom.IsValid() {
		data.Peer = c.cfg.DataFrom
	}
	ls, err := netio.ListenData(ctx, n, data)
	if err != nil {
		return nil, &LocalError{"listen for data streams", err}
	}
	return ls, nil
}

func (ls listeners) ports() []uint16 {
	ports := make([]uint16, len(ls))
	for i, l := range ls {
		ports[i] = l.Port()
	}
	return ports
}

func (ls listeners) close() {
	for _, l := range ls {
		_ = l.Close()
	}
}

// accept waits until the server has connected to every port. All are attended
// to, so that no stranger keeps a place.
func (c *Client) accept(ls listeners) gather {
	wait := c.set.Waits.Accept
	return func(ctx context.Context) ([]*net.TCPConn, error) {
		conns, err := together(ctx, len(ls), wait, fmt.Errorf("the server did not call back within %v", wait),
			func(ctx context.Context, i int) (*net.TCPConn, error) { return ls[i].Accept(ctx) })
		if err != nil {
			return nil, fmt.Errorf("accept %w", err)
		}
		c.spoken.Store(true)
		return conns, nil
	}
}

// connect connects to every port of the server.
func (c *Client) connect(ctx context.Context, ports []uint16, limit time.Duration) ([]*net.TCPConn, error) {
	dialer := netio.Dialer{
		Options: c.dataOptions(c.set.SendWindow, c.set.RecvWindow),
		Local:   netip.AddrPortFrom(c.ctl.LocalAddr().Addr(), 0), // the one the server knows
	}
	host := c.ctl.RemoteAddr().Addr()
	conns, err := together(ctx, len(ports), limit, fmt.Errorf("no connection within %v", limit),
		func(ctx context.Context, i int) (*net.TCPConn, error) {
			return dialer.Dial(ctx, netip.AddrPortFrom(host, ports[i]).String())
		})
	if err != nil {
		return nil, fmt.Errorf("connect %w", err)
	}
	return conns, nil
}

// dataOptions are those of a data stream's socket; windows in KiB.
func (c *Client) dataOptions(send, recv int) netio.Options {
	o := netio.Options{
		SendBuffer: send << 10, RecvBuffer: recv << 10,
		Congestion: c.set.Congestion, TOS: c.set.TOS, Multipath: c.set.Multipath, UserTimeout: c.set.Waits.Idle,
	}
	if o.TOS == 0 && c.set.QBSS {
		o.TOS = scavenger
	}
	return o
}

// scavenger is the TOS of QBSS (wire.md 8.4).
const scavenger = 0x20

// together makes n connections at the same time, all or none; late is the
// cause of their failure when the limit is over.
func together(ctx context.Context, n int, limit time.Duration, late error, one func(context.Context, int) (*net.TCPConn, error)) ([]*net.TCPConn, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// No deadline, whose own error could come before its cause is known.
	defer time.AfterFunc(limit, func() { cancel(late) }).Stop()
	conns := make([]*net.TCPConn, n)
	var (
		waiting sync.WaitGroup
		once    sync.Once
		failure error // of the stream that failed first; the others follow from it
	)
	open := func(i int) {
		conn, err := one(ctx, i)
		if err == nil {
			conns[i] = conn
			return
		}
		once.Do(func() {
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			failure = fmt.Errorf("data stream %d: %w", i+1, err)
			cancel(err)
		})
	}
	for i := range n {
		if i == n-1 {
			open(i) // one stream alone needs no goroutine
		} else {
			waiting.Go(func() { open(i) })
		}
	}
	waiting.Wait()
	if failure == nil {
		return conns, nil
	}
	closeAll(conns)
	return nil, failure
}

func closeAll(conns []*net.TCPConn) {
	for _, conn := range conns {
		if conn != nil {
			_ = conn.Close()
		}
	}
}
