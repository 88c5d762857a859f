package netio

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// from dials every address from one port of ownAddress and returns the ports it
// got.
func from(t *testing.T, source uint16, addresses ...string) (ports []uint16) {
	t.Helper()
	d := Dialer{Local: netip.AddrPortFrom(ownAddress(), source)}
	for _, address := range addresses {
		conn, err := d.Dial(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		ports = append(ports, port(conn.LocalAddr()))
	}
	return ports
}

func TestDialFromFixedPort(t *testing.T) {
	one := listenOn(t, "127.0.0.1:0", Options{}).Addr().String()
	two := listenOn(t, "127.0.0.1:0", Options{}).Addr().String()
	source := ownPort(t)
	for i, got := range from(t, source, one, two) {
		if got != source {
			t.Errorf("stream %d comes from port %d, want %d", i+1, got, source)
		}
	}
}

// TestDialSameStreamAgain has the pair of ports still in use (EADDRNOTAVAIL).
func TestDialSameStreamAgain(t *testing.T) {
	address := listenOn(t, "127.0.0.1:0", Options{}).Addr().String()
	source := ownPort(t)
	if got := from(t, source, address, address); got[0] != source || got[1] == source {
		t.Errorf("ports %v, want %d and another", got, source)
	}
}

// TestDialFromListeningPort has the port held by a listener (EADDRINUSE).
func TestDialFromListeningPort(t *testing.T) {
	address := listenOn(t, "127.0.0.1:0", Options{}).Addr().String()
	source := port(listenOn(t, netip.AddrPortFrom(ownAddress(), 0).String(), Options{}).Addr())
	if got := from(t, source, address); got[0] == source {
		t.Errorf("dialed from port %d, which a listener holds", source)
	}
}

// TestDialFromPrivilegedPort is refused the port (EACCES).
func TestDialFromPrivilegedPort(t *testing.T) {
	const source = 5
	if first := sysctl(t, "net/ipv4/ip_unprivileged_port_start"); first <= source {
		t.Skipf("every port from %d on is free for all here", first)
	}
	address := listenOn(t, "127.0.0.1:0", Options{}).Addr().String()
	without(t, unix.CAP_NET_BIND_SERVICE, func() error {
		conn, err := Dialer{Local: netip.AddrPortFrom(netip.Addr{}, source)}.Dial(t.Context(), address)
		if err != nil {
			return err
		}
		defer conn.Close()
		if got := port(conn.LocalAddr()); got == source {
			t.Errorf("dialed from port %d without privilege", got)
		}
		return nil
	})
}

func TestDialFromAddress(t *testing.T) {
	ln := listenOn(t, "127.0.0.1:0", Options{})
	local := netip.MustParseAddr("127.0.0.2")
	conn, err := Dialer{Local: netip.AddrPortFrom(local, 0)}.Dial(t.Context(), ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got := conn.LocalAddr().(*net.TCPAddr).AddrPort().Addr().Unmap(); got != local {
		t.Errorf("dialed from %v, want %v", got, local)
	}
}

// TestDialFromForeignAddress must not fall back to another address.
func TestDialFromForeignAddress(t *testing.T) {
	ln := listenOn(t, "127.0.0.1:0", Options{})
	d := Dialer{Local: netip.MustParseAddrPort("192.0.2.1:40000")}
	if _, err := d.Dial(t.Context(), ln.Addr().String()); !errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Errorf("got %v, want EADDRNOTAVAIL", err)
	}
}

func TestDialRefused(t *testing.T) {
	nobody := netip.AddrPortFrom(ownAddress(), ownPort(t))
	if _, err := (Dialer{}).Dial(t.Context(), nobody.String()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, want ECONNREFUSED", err)
	}
}

func TestDialCanceled(t *testing.T) {
	ln := listenOn(t, "127.0.0.1:0", Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Dialer{}).Dial(ctx, ln.Addr().String()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// TestDialTimeout dials a listener whose queue is full: it drops the SYN.
func TestDialTimeout(t *testing.T) {
	ln := listenOn(t, "127.0.0.1:0", Options{})
	raw, err := ln.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	ctlErr := raw.Control(func(fd uintptr) { err = unix.Listen(int(fd), 0) })
	if err := errors.Join(ctlErr, err); err != nil {
		t.Fatal(err)
	}
	d := Dialer{Timeout: 100 * time.Millisecond}
	for range 10 {
		conn, err := d.Dial(t.Context(), ln.Addr().String())
		if err != nil {
			if late, ok := errors.AsType[net.Error](err); !ok || !late.Timeout() {
				t.Errorf("got %v, want a timeout", err)
			}
			return
		}
		defer conn.Close()
	}
	t.Error("ten connections fit into a queue for one")
}

// TestDialLeavesPortToConnect: only a port that was asked for is bound before.
func TestDialLeavesPortToConnect(t *testing.T) {
	ln := listenOn(t, "127.0.0.1:0", Options{})
	conn, err := Dialer{Local: netip.AddrPortFrom(loopback, 0)}.Dial(t.Context(), ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	_ = raw.Control(func(fd uintptr) {
		if late, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT); err != nil || late == 0 {
			t.Errorf("%d, %v", late, err)
		}
	})
}
