package server

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"bbftp/engine/wire"
	"bbftp/netio"
)

// connectError is a call-back that did not reach the client; Stream counts
// from 1.
type connectError struct {
	stream int
	err    error
}

func (e *connectError) Error() string {
	return fmt.Sprintf("connect data stream %d: %v", e.stream, e.err)
}

func (e *connectError) Unwrap() error { return e.err }

// callBack connects to the client's ports, in parallel, and returns the
// streams in port order, or none. The address is the control connection's
// peer, whatever the client's message says (wire.md 6.1); the source port is
// the control port minus one unless the configuration or the kernel objects.
func (s *session) callBack(ctx context.Context, r wire.FileRequest) ([]*net.TCPConn, error) {
	ports, err := r.ListenPorts()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.server.cfg.Waits.Connect)
	defer cancel()
	local, peer := s.ctl.LocalAddr(), s.ctl.RemoteAddr().Addr()
	dialer := netio.Dialer{Local: netip.AddrPortFrom(local.Addr(), local.Port()-1)}
	if s.server.cfg.AnySourcePort {
		dialer.Local = netip.AddrPortFrom(local.Addr(), 0)
	}
	streams := make([]*net.TCPConn, len(ports))
	errs := make([]error, len(ports))
	var dialing sync.WaitGroup
	for i, port := range ports {
		dialing.Go(func() {
			streams[i], errs[i] = dialer.Dial(ctx, netip.AddrPortFrom(peer, port).String())
		})
	}
	dialing.Wait()
	for i, err := range errs {
		if err == nil {
			continue
		}
		for _, conn := range streams {
			if conn != nil {
				_ = conn.Close()
			}
		}
		return nil, &connectError{stream: i + 1, err: err}
	}
	return streams, nil
}
