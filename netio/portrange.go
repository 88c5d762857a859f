package netio

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// ErrNoPort reports that a PortRange has not as many ports as were wanted, or
// that others use too many of them; worth a retry in the latter case, in which the
// error is EADDRINUSE, too.
var ErrNoPort = errors.New("no free port in range")

// PortRange is the inclusive range data listeners choose from, for firewalls
// that let only some ports pass. The zero value means any ephemeral port.
type PortRange struct{ Min, Max uint16 }

func (r PortRange) any() bool { return r == PortRange{} }

func (r PortRange) len() int { return int(r.Max) - int(r.Min) + 1 }

const (
	// portWait is how long others' ports are waited for: a port is free again as
	// soon as its stream is connected.
	portWait = 5 * time.Second
	// portRetry is about how soon it is tried again, first, and portRest at most: a
	// scan takes 16 µs a port, which many sessions that wait for many ports must not
	// make the machine's main work.
	portRetry = 20 * time.Millisecond
	portRest  = 80 * time.Millisecond
)

// ListenData opens the listening sockets of n data streams, in the order of their
// ports, or none. Where the range has too few free ports it waits, holding none of
// them, lest two sessions keep from each other what either needs, and in the end
// fails with ErrNoPort, or with the cause of ctx.
func ListenData(ctx context.Context, n int, c DataConfig) ([]*DataListener, error) {
	if c.Ports.Min > c.Ports.Max || (c.Ports.Min == 0 && c.Ports.Max != 0) {
		return nil, fmt.Errorf("data ports %d:%d: %w", c.Ports.Min, c.Ports.Max, syscall.EINVAL)
	}
	if !c.Ports.any() && n > c.Ports.len() {
		return nil, fmt.Errorf("%w %d:%d: %d wanted of %d", ErrNoPort, c.Ports.Min, c.Ports.Max, n, c.Ports.len())
	}
	if c.Wait == 0 {
		c.Wait = portWait
	}
	end := time.Now().Add(c.Wait)
	for rest := portRetry; ; rest = min(2*rest, portRest) {
		listeners, err := c.listen(ctx, n)
		if !errors.Is(err, ErrNoPort) || !errors.Is(err, syscall.EADDRINUSE) || !time.Now().Before(end) {
			return listeners, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case <-time.After(rest/2 + rand.N(rest)): // sessions that wait must not keep step
		}
	}
}

// listen opens n listeners, or none.
func (c DataConfig) listen(ctx context.Context, n int) ([]*DataListener, error) {
	var found []*net.TCPListener
	var err error
	if c.Ports.any() {
		found, err = c.anyPorts(ctx, n)
	} else {
		found, err = c.scan(ctx, n)
	}
	if err != nil {
		for _, ln := range found {
			_ = ln.Close()
		}
		return nil, err
	}
	listeners := make([]*DataListener, 0, n)
	for _, ln := range found {
		listeners = append(listeners, &DataListener{ln: ln, options: c.Options, peer: c.Peer.Unmap(), refuse: c.OnRefused})
	}
	slices.SortFunc(listeners, func(a, b *DataListener) int { return cmp.Compare(a.Port(), b.Port()) })
	return listeners, nil
}

// anyPorts lets the system choose.
func (c DataConfig) anyPorts(ctx context.Context, n int) (found []*net.TCPListener, err error) {
	for range n {
		ln, err := Listen(ctx, c.at(0), c.Options)
		if err != nil {
			return found, err
		}
		found = append(found, ln)
	}
	return found, nil
}

// scan takes the first ports of the range that can be bound, from a random one on.
//
// Two listeners never share a port of an address: SO_REUSEADDR, which package net
// sets, lets both be bound, but only one of them listen (tcp(7), EADDRINUSE).
func (c DataConfig) scan(ctx context.Context, n int) (found []*net.TCPListener, err error) {
	var refusal error
	inUse, length := 0, c.Ports.len()
	for i, start := 0, rand.N(length); i < length && len(found) < n; i++ {
		ln, err := Listen(ctx, c.at(int(c.Ports.Min)+(start+i)%length), c.Options)
		// Another port may do only where it is the port that failed.
		switch {
		case err == nil:
			found = append(found, ln)
			continue
		case errors.Is(err, syscall.EADDRINUSE):
			inUse++
			refusal = err
		case errors.Is(err, syscall.EACCES):
			refusal = cmp.Or(refusal, err)
		default:
			return found, err
		}
	}
	if len(found) < n {
		err = fmt.Errorf("%w %d:%d: %d wanted, %d of %d in use: %w", ErrNoPort, c.Ports.Min, c.Ports.Max, n, inUse, length, refusal)
	}
	return found, err
}

// at is the address to listen on at a port.
func (c DataConfig) at(port int) string {
	host := ""
	if c.Local.IsValid() {
		host = c.Local.Unmap().String()
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}
