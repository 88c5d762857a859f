// Package netio makes and observes the TCP connections of bbftp: dialing and
// listening with socket options that are in force before the handshake, one
// listener per data stream, and TCP_INFO.
//
// A connection has TCP_NODELAY on, as wire.md 6.3 asks, and is plain TCP unless
// Multipath TCP is asked for; both are read back in Granted.
package netio

import (
	"fmt"
	"net"
	"syscall"
	"time"
)

// Options are wishes for the sockets of a connection or listener. The zero
// value leaves every decision to the system.
type Options struct {
	// SendBuffer and RecvBuffer fix the windows, in bytes. 0 keeps the
	// kernel's autotuning, which an explicit size switches off for good. The
	// kernel raises small sizes to its minimum and cuts large ones to
	// net.core.wmem_max and rmem_max unless the process has CAP_NET_ADMIN;
	// what it granted stands in Granted.
	SendBuffer, RecvBuffer int

	// Congestion names the congestion control algorithm, see
	// net.ipv4.tcp_available_congestion_control. "" is the system's default.
	// Unlike a size it is not granted in part: an unknown name, or any name
	// on a system other than Linux, fails the call.
	Congestion string

	// TOS is the byte of the IP header that holds the DSCP in its upper six
	// bits (RFC 2474), 0 to 255: 0x20 is the QBSS of wire.md 8.4. 0 leaves it.
	TOS int

	// KeepAlive is how long a connection is idle before the kernel probes it,
	// rounded up to seconds; 0 means 15 s, negative never. After nine probes
	// 15 s apart without an answer the connection fails with ETIMEDOUT.
	KeepAlive time.Duration

	// UserTimeout is how long sent bytes may stay without an acknowledgement, or
	// the peer's window closed, before the connection fails with ETIMEDOUT
	// (TCP_USER_TIMEOUT, RFC 5482), rounded up to milliseconds. It also takes the
	// place of the nine probes of KeepAlive (tcp(7)). 0 leaves it to the system,
	// some 15 minutes; so do systems other than Linux and Multipath TCP, whatever
	// is asked: Granted tells.
	UserTimeout time.Duration

	// PacingRate spreads what is sent evenly at that many bytes per second
	// (SO_MAX_PACING_RATE, socket(7)), after the first ten packets; 0 for no
	// limit of ours. Where it can't be had the call fails with
	// errors.ErrUnsupported: nobody else would keep to it.
	PacingRate int64

	// Multipath asks for Multipath TCP (RFC 8684). Where system, path or peer
	// have none it is plain TCP, as Granted tells; also with what Linux does not
	// let it have: a PacingRate, and a TOS over IPv6. ReadInfo and
	// Granted.Congestion tell of its first subflow only.
	Multipath bool
}

// Granted is what the kernel made of Options.
type Granted struct {
	// SendBuffer and RecvBuffer compare with the sizes in Options. Linux sets
	// aside twice the size asked for, for its bookkeeping (socket(7)), and
	// reports the double; the halves are given here. With autotuning it is
	// the state of the moment.
	SendBuffer, RecvBuffer int

	Congestion string // "" where the system does not tell
	TOS        int
	KeepAlive  time.Duration // 0: no probes, or not Linux
	NoDelay    bool
	Multipath  bool // in use; of a listener: offered

	UserTimeout time.Duration // 0: the system's
	PacingRate  int64         // bytes per second, 0: no limit
}

// validate catches what the kernel would misread rather than refuse.
func (o Options) validate() error {
	switch {
	case o.SendBuffer < 0:
		return fmt.Errorf("send buffer of %d bytes: %w", o.SendBuffer, syscall.EINVAL)
	case o.RecvBuffer < 0:
		return fmt.Errorf("receive buffer of %d bytes: %w", o.RecvBuffer, syscall.EINVAL)
	case o.TOS < 0 || o.TOS > 255:
		return fmt.Errorf("TOS %d is not a byte: %w", o.TOS, syscall.EINVAL)
	case o.UserTimeout < 0:
		return fmt.Errorf("user timeout of %v: %w", o.UserTimeout, syscall.EINVAL)
	case o.PacingRate < 0:
		return fmt.Errorf("pacing at %d bytes per second: %w", o.PacingRate, syscall.EINVAL)
	}
	return nil
}

// multipath is what is asked of package net, which falls back to plain TCP after
// any failure.
func (o Options) multipath() bool { return o.Multipath && o.PacingRate == 0 }

// complete sets on a connection what its socket did not take while it was open
// whether it would be Multipath TCP. Accepted ones have not inherited it either.
func (o Options) complete(conn *net.TCPConn) {
	if o.multipath() && o.UserTimeout != 0 {
		_ = SetUserTimeout(conn, o.UserTimeout) // Granted tells
	}
}

// SetUserTimeout is Options.UserTimeout of a connection that was made elsewhere. It
// fails with errors.ErrUnsupported on systems other than Linux.
func SetUserTimeout(conn syscall.Conn, limit time.Duration) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return fmt.Errorf("set user timeout to %v: %w", limit, err)
	}
	if ctlErr := raw.Control(func(fd uintptr) { err = setUserTimeout(int(fd), limit) }); ctlErr != nil {
		err = ctlErr
	}
	if err != nil {
		return fmt.Errorf("set user timeout to %v: %w", limit, err)
	}
	return nil
}

// control sets the options on a socket that is neither connected nor
// listening yet: the window scale is settled in the handshake. prepare comes
// first, if it is not nil.
func (o Options) control(prepare func(fd int) error) func(network, address string, raw syscall.RawConn) error {
	return func(network, _ string, raw syscall.RawConn) (err error) {
		ctlErr := raw.Control(func(fd uintptr) {
			if prepare != nil {
				err = prepare(int(fd))
			}
			if err == nil {
				err = o.apply(int(fd), network)
			}
		})
		if ctlErr != nil {
			return ctlErr
		}
		return err
	}
}

// Read returns the options in force on a connection or listener.
func Read(conn syscall.Conn) (Granted, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return Granted{}, fmt.Errorf("read socket options: %w", err)
	}
	var g Granted
	ctlErr := raw.Control(func(fd uintptr) {
		g, err = granted(int(fd))
	})
	if ctlErr != nil {
		err = ctlErr
	}
	if err != nil {
		return Granted{}, fmt.Errorf("read socket options: %w", err)
	}
	return g, nil
}
