//go:build !linux

package netio

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// reuseAddress lets several connections start from one fixed port, and start
// again while earlier ones are in TIME_WAIT.
func reuseAddress(fd int) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return fmt.Errorf("set SO_REUSEADDR: %w", err)
	}
	return nil
}

func (o Options) apply(fd int, network string) error {
	if o.Congestion != "" {
		return fmt.Errorf("set congestion control %q: %w", o.Congestion, errors.ErrUnsupported)
	}
	if o.PacingRate != 0 {
		return fmt.Errorf("set pacing to %d bytes per second: %w", o.PacingRate, setPacing(fd, o.PacingRate))
	}
	set := func(what string, level, opt, value int) error {
		if value == 0 {
			return nil
		}
		if err := unix.SetsockoptInt(fd, level, opt, value); err != nil {
			return fmt.Errorf("set %s to %d: %w", what, value, err)
		}
		return nil
	}
	level, opt := unix.IPPROTO_IP, unix.IP_TOS
	if strings.HasSuffix(network, "6") {
		level, opt = unix.IPPROTO_IPV6, unix.IPV6_TCLASS
	}
	return errors.Join(
		set("send buffer", unix.SOL_SOCKET, unix.SO_SNDBUF, o.SendBuffer),
		set("receive buffer", unix.SOL_SOCKET, unix.SO_RCVBUF, o.RecvBuffer),
		set("TOS", level, opt, o.TOS),
	)
}

func setUserTimeout(int, time.Duration) error { return errors.ErrUnsupported }

func granted(fd int) (g Granted, err error) {
	var errs []error
	read := func(level, opt int) int {
		v, err := unix.GetsockoptInt(fd, level, opt)
		errs = append(errs, err)
		return v
	}
	g.SendBuffer = read(unix.SOL_SOCKET, unix.SO_SNDBUF)
	g.RecvBuffer = read(unix.SOL_SOCKET, unix.SO_RCVBUF)
	g.NoDelay = read(unix.IPPROTO_TCP, unix.TCP_NODELAY) != 0
	addr, err := unix.Getsockname(fd)
	if _, six := addr.(*unix.SockaddrInet6); six {
		g.TOS = read(unix.IPPROTO_IPV6, unix.IPV6_TCLASS)
	} else {
		g.TOS = read(unix.IPPROTO_IP, unix.IP_TOS)
	}
	return g, errors.Join(append(errs, err)...)
}
