package netio

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// Dialer opens control connections and data streams. The zero value dials
// from an ephemeral port with the system's options and no time limit.
type Dialer struct {
	Options

	// Local is the address to dial from. An invalid IP leaves it to the
	// routing table, port 0 is ephemeral.
	//
	// A fixed port is a wish: the server of wire.md 6.1 calls back from its
	// control port − 1 so that firewalls may know it, and all its streams
	// share it. Where it cannot be had – a listener or another user's socket
	// holds it (EADDRINUSE), the same pair of ports is still in TIME_WAIT
	// (EADDRNOTAVAIL), or it is privileged (EACCES) – an ephemeral one serves.
	// LocalAddr of the connection tells.
	Local netip.AddrPort

	// Timeout bounds the whole call, name lookup and second attempt included.
	// 0 leaves it to the context.
	Timeout time.Duration
}

// Dial connects to address, "host:port" as in net.Dial. Errors carry the
// system's cause (ECONNREFUSED, EHOSTUNREACH, …) or context.Canceled; when
// time is up they are a net.Error whose Timeout method says so.
func (d Dialer) Dial(ctx context.Context, address string) (*net.TCPConn, error) {
	if err := d.validate(); err != nil {
		return nil, fmt.Errorf("dial %s: %w", address, err)
	}
	if d.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.Timeout)
		defer cancel()
	}
	conn, err := d.dialFrom(ctx, d.Local.Port(), address)
	if d.Local.Port() != 0 && portTaken(err) {
		conn, err = d.dialFrom(ctx, 0, address)
	}
	if err != nil {
		return nil, err // a *net.OpError names operation and address
	}
	return conn, nil
}

func (d Dialer) dialFrom(ctx context.Context, port uint16, address string) (*net.TCPConn, error) {
	prepare := latePort
	if port != 0 {
		prepare = reuseAddress
	}
	nd := net.Dialer{
		KeepAlive: d.KeepAlive,
		Control:   d.control(prepare),
	}
	nd.SetMultipathTCP(d.multipath())
	if d.Local.Addr().IsValid() || port != 0 {
		nd.LocalAddr = &net.TCPAddr{
			IP:   d.Local.Addr().AsSlice(),
			Port: int(port),
			Zone: d.Local.Addr().Zone(),
		}
	}
	conn, err := nd.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	tcp := conn.(*net.TCPConn)
	d.complete(tcp)
	return tcp, nil
}

func portTaken(err error) bool {
	return errors.Is(err, syscall.EADDRINUSE) ||
		errors.Is(err, syscall.EADDRNOTAVAIL) ||
		errors.Is(err, syscall.EACCES)
}
