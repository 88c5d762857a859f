package server

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"syscall"
	"testing"
)

// pair is a listener whose neighbours are free: data streams come from the port
// below, and the client of a remote shell calls at the one above.
type pair struct {
	net.Listener
	claim net.PacketConn
}

// listenPair listens on a port of those that the tests of this package have for
// themselves: the system gives away higher ones. The claim, a port of UDP, which
// nothing else uses there, keeps other runs of them off port and neighbours.
func listenPair() (*pair, error) {
	const first, last, apart = 6000, 9999, 4
	for range 10_000 {
		port := first + 1 + apart*rand.IntN((last-first)/apart)
		claim, err := net.ListenPacket("udp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		if l, err := listenBetween(port); err == nil {
			return &pair{l, claim}, nil
		}
		_ = claim.Close()
	}
	return nil, errors.New("no free port with free neighbours")
}

// listenBetween listens on a port if nobody has it, or one of its neighbours, all
// the time.
func listenBetween(port int) (net.Listener, error) {
	for _, neighbour := range []int{port - 1, port + 1} {
		l, err := net.Listen("tcp4", fmt.Sprintf(":%d", neighbour))
		if err != nil {
			return nil, err
		}
		_ = l.Close()
	}
	return net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
}

func (p *pair) port() uint16 { return uint16(p.Addr().(*net.TCPAddr).Port) }

func (p *pair) Close() error { return errors.Join(p.Listener.Close(), p.claim.Close()) }

// freePair is a port below one that is free, as is the one above that, until the
// test ends.
func freePair(t *testing.T) uint16 {
	t.Helper()
	p, err := listenPair()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.claim.Close() })
	_ = p.Listener.Close()
	return p.port() - 1
}

// refusing is a port that refuses connections, and that nobody else gets: it is taken,
// but not listened on.
func refusing(t testing.TB) int32 {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	syscall.CloseOnExec(fd)
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return int32(at.(*syscall.SockaddrInet4).Port)
}

// listens tells whether this process listens on a port. Whoever gets the port next
// is none of our business, so that trying to connect would not tell.
func listens(t testing.TB, port int32) bool {
	t.Helper()
	names, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		fd, err := strconv.Atoi(name.Name())
		if err != nil {
			continue
		}
		if on, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN); err != nil || on == 0 {
			continue
		}
		switch at, _ := syscall.Getsockname(fd); at := at.(type) {
		case *syscall.SockaddrInet4:
			if at.Port == int(port) {
				return true
			}
		case *syscall.SockaddrInet6:
			if at.Port == int(port) {
				return true
			}
		}
	}
	return false
}
