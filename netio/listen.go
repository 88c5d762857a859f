package netio

import (
	"context"
	"fmt"
	"net"
)

// Listen listens on address, "host:port" as in net.Listen. Accepted
// connections inherit the options, but for the user timeout where Multipath is
// asked for, too.
func Listen(ctx context.Context, address string, o Options) (*net.TCPListener, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("listen %s: %w", address, err)
	}
	lc := net.ListenConfig{
		KeepAlive: o.KeepAlive,
		Control:   o.control(nil), // package net sets SO_REUSEADDR on listeners itself
	}
	lc.SetMultipathTCP(o.multipath())
	ln, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err // a *net.OpError names operation and address
	}
	return ln.(*net.TCPListener), nil
}
