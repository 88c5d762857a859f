package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"

	"bbftp/engine/control"
	"bbftp/engine/wire"
	"bbftp/netio"
)

// call is the client's, which shows both addresses.
type call struct{ local, remote netip.AddrPort }

// maxCallers is how many may be listened to at once.
const maxCallers = 64

// awaitCall tells the client a port and waits for its call there. Strangers,
// and callers who do not say MSG_IPADDR, neither end the wait nor hold it up.
func (s *service) awaitCall(ctx context.Context, ctl *control.Conn, shell Shell) (call, error) {
	l, err := s.listenForCall(ctx, shell.Port+1)
	if err != nil {
		return call{}, err
	}
	defer func() { _ = l.Close() }()
	if err := ctl.Send(wire.LoggedStdin{Port: int32(control.AddrPort(l.Addr()).Port())}); err != nil {
		return call{}, err
	}
	var answering sync.WaitGroup
	defer answering.Wait()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer ctl.Watch(func(_ wire.Header, err error) {
		// A message is no fault: a client need not wait for the answer to its call
		// before it speaks here.
		if err != nil {
			cancel(err) // the client has gone, nobody will call
		}
	})()
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	first := make(chan call, 1)
	callers := make(chan struct{}, maxCallers)
	for {
		conn, err := l.AcceptTCP()
		if err != nil {
			select {
			case c := <-first:
				return c, nil
			case <-ctx.Done():
				return call{}, context.Cause(ctx)
			default:
				return call{}, fmt.Errorf("accept the client's call: %w", err)
			}
		}
		select {
		case callers <- struct{}{}:
		default:
			_ = conn.Close()
			continue
		}
		answering.Go(func() {
			defer func() { <-callers }()
			defer survive(s.log, conn)
			c := call{control.AddrPort(conn.LocalAddr()), control.AddrPort(conn.RemoteAddr())}
			if err := s.answerCall(ctx, conn, shell.expects(c.remote.Addr())); err != nil {
				s.log.Warn("caller refused", "from", c.remote.String(), "error", err)
				return
			}
			select {
			case first <- c:
				_ = l.Close() // which ends the loop
			default:
			}
		})
	}
}

// listenForCall listens on the announced port, or where the configuration says.
// Any port does where that one is taken: the client is told.
func (s *service) listenForCall(ctx context.Context, port uint16) (*net.TCPListener, error) {
	ports := netio.PortRange{Min: port, Max: port}
	if s.cfg.AnySourcePort {
		ports = s.cfg.DataPorts
	}
	var err error
	for p := int(ports.Min); p <= int(ports.Max); p++ {
		var l *net.TCPListener
		if l, err = netio.Listen(ctx, ":"+strconv.Itoa(p), netio.Options{}); err == nil {
			return l, nil
		}
	}
	if s.cfg.AnySourcePort {
		return nil, err
	}
	return netio.Listen(ctx, ":0", netio.Options{})
}

// expects tells whether an address may be the client's: see Shell.Caller.
func (shell Shell) expects(from netip.Addr) bool {
	return !shell.Caller.IsValid() || shell.Caller.Is6() && from.Is4() || shell.Caller.WithZone("") == from.WithZone("")
}

// errStranger is an address that is not the one ssh came from.
var errStranger = errors.New("not the client's address")

// answerCall answers the client's MSG_IPADDR on its call, which ends with that.
func (s *service) answerCall(ctx context.Context, conn net.Conn, expected bool) error {
	call := control.New(conn, wire.Client, s.limits())
	defer context.AfterFunc(ctx, func() { _ = call.Close() })()
	if !expected {
		_ = call.Close()
		return errStranger
	}
	defer func() { _ = call.Hangup() }()
	if _, err := await(call, wire.MsgIPAddr, s.cfg.Waits.First); err != nil {
		return err
	}
	return call.Send(wire.IPAddr{Kind: wire.MsgIPAddrOK})
}
