package netio

import (
	"errors"
	"fmt"
	"math"
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
	if err := setBuffer(fd, unix.SO_SNDBUFFORCE, unix.SO_SNDBUF, o.SendBuffer); err != nil {
		return fmt.Errorf("set send buffer to %d bytes: %w", o.SendBuffer, err)
	}
	if err := setBuffer(fd, unix.SO_RCVBUFFORCE, unix.SO_RCVBUF, o.RecvBuffer); err != nil {
		return fmt.Errorf("set receive buffer to %d bytes: %w", o.RecvBuffer, err)
	}
	if o.Congestion != "" {
		if err := setCongestion(fd, o.Congestion); err != nil {
			return fmt.Errorf("set congestion control %q: %w", o.Congestion, err)
		}
	}
	if o.TOS != 0 {
		if err := setTOS(fd, network, o.TOS); err != nil {
			return fmt.Errorf("set TOS %#02x: %w", o.TOS, err)
		}
	}
	if o.UserTimeout != 0 {
		if err := setUserTimeout(fd, o.UserTimeout); err != nil && !(o.Multipath && notForMultipath(err)) {
			return fmt.Errorf("set user timeout to %v: %w", o.UserTimeout, err)
		}
	}
	if o.PacingRate != 0 {
		if err := setPacing(fd, o.PacingRate); err != nil {
			return fmt.Errorf("set pacing to %d bytes per second: %w", o.PacingRate, err)
		}
	}
	return nil
}

func setUserTimeout(fd int, limit time.Duration) error {
	ms := (limit + time.Millisecond - 1) / time.Millisecond
	return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(min(ms, math.MaxInt32)))
}

// setBuffer goes past the system's limit where the process may.
func setBuffer(fd, force, plain, size int) error {
	if size == 0 {
		return nil
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, force, size) == nil {
		return nil
	}
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, plain, size)
}

// setTOS sets both header fields on an IPv6 socket: a listener's may carry
// IPv4 as well.
func setTOS(fd int, network string, tos int) error {
	if strings.HasSuffix(network, "6") {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_TCLASS, tos); err != nil {
			return err
		}
	}
	return unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_TOS, tos)
}

func granted(fd int) (g Granted, err error) {
	var errs []error
	var proto int
	read := func(level, opt int) int {
		v, err := unix.GetsockoptInt(fd, level, opt)
		if proto == unix.IPPROTO_MPTCP && notForMultipath(err) {
			return 0
		}
		errs = append(errs, err)
		return v
	}
	proto = read(unix.SOL_SOCKET, unix.SO_PROTOCOL)
	g.SendBuffer = read(unix.SOL_SOCKET, unix.SO_SNDBUF) / 2
	g.RecvBuffer = read(unix.SOL_SOCKET, unix.SO_RCVBUF) / 2
	if read(unix.SOL_SOCKET, unix.SO_DOMAIN) == unix.AF_INET6 {
		g.TOS = read(unix.IPPROTO_IPV6, unix.IPV6_TCLASS)
	} else {
		g.TOS = read(unix.IPPROTO_IP, unix.IP_TOS)
	}
	if read(unix.SOL_SOCKET, unix.SO_KEEPALIVE) != 0 {
		g.KeepAlive = time.Duration(read(unix.IPPROTO_TCP, unix.TCP_KEEPIDLE)) * time.Second
	}
	g.NoDelay = read(unix.IPPROTO_TCP, unix.TCP_NODELAY) != 0
	g.UserTimeout = time.Duration(read(unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)) * time.Millisecond
	g.Multipath = multipath(fd)
	name, err := unix.GetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION)
	g.Congestion = strings.TrimRight(name, "\x00")
	errs = append(errs, err)
	g.PacingRate, err = pacing(fd)
	return g, errors.Join(append(errs, err)...)
}
