package selfcheck

import (
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long a worker waits for what must come.
const patience = 10 * time.Second

func (t task) work(stop <-chan struct{}, listening func(port uint16) error) (done, error) {
	switch t.Role {
	case sink:
		return t.sink(listening)
	case bulk:
		return t.bulk(listening)
	case echo:
		return t.echo(stop, listening)
	case probe:
		return t.probe(listening)
	case count:
		return t.count(stop, listening)
	case flood:
		return t.flood(stop, listening)
	}
	return done{}, fmt.Errorf("no such role")
}

// Sockets here block and are used through plain system calls: a wake-up through
// Go's poller would be part of what is measured.

// listen opens a socket of that kind at a port of the kernel's choice.
func listen(kind int, addr netip.Addr) (fd int, port uint16, err error) {
	if fd, err = unix.Socket(unix.AF_INET, kind|unix.SOCK_CLOEXEC, 0); err != nil {
		return 0, 0, fmt.Errorf("socket: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: addr.As4()}); err != nil {
		return 0, 0, fmt.Errorf("bind to %v: %w", addr, err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return 0, 0, fmt.Errorf("getsockname: %w", err)
	}
	return fd, uint16(name.(*unix.SockaddrInet4).Port), nil
}

func dial(kind int, to netip.AddrPort) (fd int, err error) {
	if fd, err = unix.Socket(unix.AF_INET, kind|unix.SOCK_CLOEXEC, 0); err != nil {
		return 0, fmt.Errorf("socket: %w", err)
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Addr: to.Addr().As4(), Port: int(to.Port())}); err != nil {
		return 0, fmt.Errorf("connect to %v: %w", to, err)
	}
	return fd, nil
}

// limitWait makes receiving calls return EAGAIN after d.
func limitWait(fd int, d time.Duration) error {
	tv := unix.NsecToTimeval(int64(d))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv); err != nil {
		return fmt.Errorf("set SO_RCVTIMEO: %w", err)
	}
	return nil
}

func stopped(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

// exactSleep makes the calling thread's waits end when they should: the default
// slack of 50 µs is many packets.
func exactSleep() error {
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("set timer slack: %w", err)
	}
	return nil
}

func nap(d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&ts, nil) // shorter if a signal comes: callers look at the clock
}
