package client

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"bbftp/netio"
)

// listeners are the ports one file's data streams are expected at, each for a
// single connection.
type listeners []*netio.DataListener

// listen opens n listeners on the control connection's local address. They
// must stand before their ports are announced (wire.md 6.1).
func (c *Client) listen(ctx context.Context, n int) (listeners, error) {
	data := netio.DataConfig{
		Local: c.ctl.LocalAddr().Addr(),
		Peer:  c.ctl.RemoteAddr().Addr(),
		OnRefused: func(from netip.AddrPort) {
			c.log.Warn("a stranger connected to a data port", "from", from.String())
		},
	}
	if c.cfg.DataFrom.IsValid() {
		data.Peer = c.cfg.DataFrom
	}
	var ls listeners
	for range n {
		l, err := netio.ListenData(ctx, data)
		if err != nil {
			ls.close()
			return nil, &LocalError{"listen for data streams", err}
		}
		ls = append(ls, l)
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

// accept waits until the server has connected to every port and returns the
// streams in port order, or none.
func (c *Client) accept(ctx context.Context, ls listeners) ([]*net.TCPConn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.Waits.Accept,
		fmt.Errorf("the server did not call back within %v", c.cfg.Waits.Accept))
	defer cancel()
	streams := make([]*net.TCPConn, len(ls))
	var (
		waiting sync.WaitGroup
		once    sync.Once
		failure error // of the stream that failed first; the others follow from it
	)
	for i, l := range ls {
		waiting.Go(func() {
			conn, err := l.Accept(ctx)
			if err != nil {
				once.Do(func() {
					if cause := context.Cause(ctx); cause != nil {
						err = cause
					}
					failure = fmt.Errorf("accept data stream %d: %w", i+1, err)
					cancel()
				})
				return
			}
			streams[i] = conn
		})
	}
	waiting.Wait()
	if failure == nil {
		c.spoken.Store(true)
		return streams, nil
	}
	for _, conn := range streams {
		if conn != nil {
			_ = conn.Close()
		}
	}
	return nil, failure
}
