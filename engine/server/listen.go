package server

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"bbftp/engine/wire"
	"bbftp/netio"
)

// listenError is a data port that could not be opened.
type listenError struct{ err error }

func (e *listenError) Error() string { return fmt.Sprintf("open data port: %v", e.err) }
func (e *listenError) Unwrap() error { return e.err }

// dataPorts are the listeners of a version 3 transfer, one a stream.
type dataPorts []*netio.DataListener

// listen opens n data ports on the control connection's address, for its peer
// alone: the protocol has no other proof of who a stream comes from (wire.md 14.5).
func (s *session) listen(ctx context.Context, n int, o netio.Options) (dataPorts, error) {
	cfg := netio.DataConfig{
		Options: s.server.cfg.stream(o),
		Local:   s.ctl.LocalAddr().Addr(),
		Ports:   s.server.cfg.DataPorts,
		Wait:    s.server.cfg.Waits.Ports,
		Peer:    s.ctl.RemoteAddr().Addr(),
		OnRefused: func(from netip.AddrPort) {
			s.log.Warn("stranger on a data port refused", "from", from.String())
		},
	}
	d, err := netio.ListenData(ctx, n, cfg)
	if err != nil {
		return nil, &listenError{err}
	}
	return d, nil
}

// ports are what the client is told.
func (d dataPorts) ports() wire.Ports {
	ports := make(wire.Ports, len(d))
	for i, l := range d {
		ports[i] = int32(l.Port())
	}
	return ports
}

// close gives back the ports that accepted nothing.
func (d dataPorts) close() {
	for _, l := range d {
		_ = l.Close()
	}
}

// accept waits for the client's connections. Of one that failed to open all its
// streams (wire.md 11.20) it learns only by the time limit.
func (s *session) accept(ctx context.Context, d dataPorts) ([]*net.TCPConn, error) {
	return s.connectAll(ctx, len(d), func(ctx context.Context, i int) (*net.TCPConn, error) {
		conn, err := d[i].Accept(ctx)
		if err != nil {
			return nil, fmt.Errorf("data stream %d: %w", i+1, err)
		}
		return conn, nil
	})
}
