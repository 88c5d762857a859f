package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

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
			if streams[i], errs[i] = dialer.Dial(ctx, netip.AddrPortFrom(peer, port).String()); errs[i] != nil {
				time.AfterFunc(grace, cancel)
			}
		})
	}
	dialing.Wait()
	failed := slices.IndexFunc(errs, func(err error) bool { return err != nil && !errors.Is(err, context.Canceled) })
	if failed < 0 && ctx.Err() == nil {
		return streams, nil
	}
	for _, conn := range streams {
		if conn != nil {
			_ = conn.Close()
		}
	}
	if failed < 0 {
		return nil, context.Cause(ctx)
	}
	return nil, &connectError{stream: failed + 1, err: errs[failed]}
}

// grace is how long the other call-backs go on after one has failed. Of several
// refused ports the first is named, as by servers that try one after the other,
// while a port that never answers does not hold up the reply.
const grace = time.Second
