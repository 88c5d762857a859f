package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"bbftp/engine/transfer"
	"bbftp/engine/wire"
	"bbftp/netio"
)

// connectError is a call-back that did not reach the client; stream counts
// from 1.
type connectError struct {
	stream int
	to     netip.AddrPort
	err    error
}

func (e *connectError) Error() string {
	return fmt.Sprintf("connect data stream %d to %v: %v", e.stream, e.to, e.err)
}

func (e *connectError) Unwrap() error { return e.err }

// firstPort is the first that clients may have us call back to: no client can
// aim a call-back at a system service.
const firstPort = 1024

// unprivileged fails with [wire.ErrPort] where a port is below firstPort.
func unprivileged(ports []uint16) error {
	for i, port := range ports {
		if port < firstPort {
			return fmt.Errorf("port %d of stream %d: %w", port, i+1, wire.ErrPort)
		}
	}
	return nil
}

// stream adds to what a client wishes for its data streams what the server's
// configuration says about all of them.
func (c Config) stream(o netio.Options) netio.Options {
	o.Congestion, o.Multipath, o.UserTimeout = c.Congestion, c.Multipath, c.Waits.Idle
	return o
}

// callBack connects to the client's ports. The address is the control
// connection's peer, whatever the client's message says (wire.md 6.1); the source
// port is the control port minus one unless the configuration or the kernel objects.
func (s *session) callBack(ctx context.Context, ports []uint16, o netio.Options) ([]*net.TCPConn, error) {
	local, peer := s.ctl.LocalAddr(), s.ctl.RemoteAddr().Addr()
	dialer := netio.Dialer{Options: s.server.cfg.stream(o), Local: netip.AddrPortFrom(local.Addr(), local.Port()-1)}
	if s.server.cfg.AnySourcePort {
		dialer.Local = netip.AddrPortFrom(local.Addr(), 0)
	}
	return s.connectAll(ctx, len(ports), func(ctx context.Context, i int) (*net.TCPConn, error) {
		to := netip.AddrPortFrom(peer, ports[i])
		conn, err := dialer.Dial(ctx, to.String())
		if err != nil {
			return nil, &connectError{stream: i + 1, to: to, err: err}
		}
		return conn, nil
	})
}

// connectAll opens n data streams in parallel and returns them in order, or
// none.
func (s *session) connectAll(ctx context.Context, n int, open func(context.Context, int) (*net.TCPConn, error)) ([]*net.TCPConn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.server.cfg.Waits.Connect)
	defer cancel()
	streams := make([]*net.TCPConn, n)
	errs := make([]error, n)
	one := func(i int) {
		// A panic in a goroutine would end the server, not the session.
		defer func() {
			if p := recover(); p != nil {
				errs[i] = fmt.Errorf("open data stream %d: %w", i+1, &transfer.Panic{Value: p, Stack: debug.Stack()})
			}
			if errs[i] != nil {
				time.AfterFunc(grace, cancel)
			}
		}()
		streams[i], errs[i] = open(ctx, i)
	}
	var opening sync.WaitGroup
	for i := range n {
		if i == n-1 {
			one(i) // one stream alone needs no goroutine
		} else {
			opening.Go(func() { one(i) })
		}
	}
	opening.Wait()
	failed := slices.IndexFunc(errs, func(err error) bool { return err != nil && !errors.Is(err, context.Canceled) })
	if failed < 0 && ctx.Err() == nil {
		return streams, nil
	}
	closeAll(streams)
	if failed < 0 {
		return nil, context.Cause(ctx)
	}
	return nil, errs[failed]
}

// grace is how long the other streams are waited for after one has failed. Of several
// refused ports the first is named, as by servers that try one after the other,
// while a port that never answers does not hold up the reply.
const grace = time.Second

func closeAll(streams []*net.TCPConn) {
	for _, conn := range streams {
		if conn != nil {
			_ = conn.Close()
		}
	}
}
