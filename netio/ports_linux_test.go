package netio

import (
	"errors"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
)

// ownAddress is a loopback address that no other process uses: process numbers
// have at most 22 bits. On 127.0.0.1 the system hands out ports to everybody.
func ownAddress() netip.Addr {
	pid := os.Getpid()
	return netip.AddrFrom4([4]byte{127, 64 | byte(pid>>16&0x3f), byte(pid >> 8), byte(pid)})
}

// Ports that the system, as it usually is, gives to nobody who does not ask for
// them: a socket without an address would hold them at ownAddress too.
const (
	firstOwn  = 10_000
	lastOwn   = 29_999
	firstWide = 30_000 // for sockets without an address, of any process
	lastWide  = 32_767
)

var nextOwn atomic.Int32

// ownPorts is a range of free ports of ownAddress, which stay free. Only services
// of this machine may have some of them all the time.
func ownPorts(t testing.TB, length int) PortRange {
	t.Helper()
	for range 100 {
		first := firstOwn + int(nextOwn.Add(int32(length)))%(lastOwn-firstOwn-length)
		within := PortRange{uint16(first), uint16(first + length - 1)}
		ls, err := ListenData(t.Context(), length, DataConfig{Local: ownAddress(), Ports: within, Wait: -1})
		for _, l := range ls {
			l.Close()
		}
		switch {
		case err == nil:
			return within
		case !errors.Is(err, syscall.EADDRINUSE):
			t.Fatal(err)
		}
	}
	t.Fatalf("nowhere %d ports are free from %d to %d", length, firstOwn, lastOwn)
	return PortRange{}
}

// ownPort is a free port of ownAddress, which stays free.
func ownPort(t testing.TB) uint16 { return ownPorts(t, 1).Min }

// rangeAfterTaken is a range of ports of ownAddress, of which the first is taken
// and the others are free.
func rangeAfterTaken(t testing.TB, length int) PortRange {
	t.Helper()
	within := ownPorts(t, length)
	listenOn(t, netip.AddrPortFrom(ownAddress(), within.Min).String(), Options{})
	return within
}
