package observe

import (
	"errors"
	"net"
	"os"
	"runtime"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
)

// room is a host in a network namespace of its own: a thread that runs what Do
// is given.
type room struct {
	work chan func()
	pid  int // of the thread
}

func (r *room) Do(f func() error) error {
	done := make(chan error)
	r.work <- func() { done <- f() }
	return <-done
}

// newRoom skips the test without the privilege, with CI=true it fails.
func newRoom(t testing.TB) *room {
	t.Helper()
	r := &room{work: make(chan func())}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		err := syscall.Unshare(syscall.CLONE_NEWNET)
		r.pid = syscall.Gettid()
		started <- err
		for f := range r.work {
			f()
		}
	}()
	err := <-started
	t.Cleanup(func() { close(r.work) })
	if errors.Is(err, syscall.EPERM) && os.Getenv("CI") != "true" {
		t.Skip("needs root for a network namespace")
	}
	if err == nil {
		err = r.Do(func() error { return up("lo") })
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func up(name string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(link)
}

// joinRooms lays a cable between two rooms and gives their addresses.
func joinRooms(t testing.TB, a, b *room) (addrA, addrB string) {
	t.Helper()
	plug := func(name, address string) error {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		network, err := netlink.ParseAddr(address + "/24")
		if err != nil {
			return err
		}
		if err := netlink.AddrAdd(link, network); err != nil {
			return err
		}
		return netlink.LinkSetUp(link)
	}
	addrA, addrB = "192.0.2.1", "192.0.2.2"
	err := a.Do(func() error {
		cable := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "a"}, PeerName: "b", PeerNamespace: netlink.NsPid(b.pid)}
		return netlink.LinkAdd(cable)
	})
	if err == nil {
		err = a.Do(func() error { return plug("a", addrA) })
	}
	if err == nil {
		err = b.Do(func() error { return plug("b", addrB) })
	}
	if err != nil {
		t.Fatal(err)
	}
	return addrA, addrB
}

// connect opens a connection from one room to another.
func connect(t testing.TB, from, to *room, address string) (client, server net.Conn) {
	t.Helper()
	var listener net.Listener
	err := to.Do(func() (err error) {
		listener, err = net.Listen("tcp", address)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	err = from.Do(func() (err error) {
		// The dialer would make its sockets on another thread.
		client, err = dialHere(listener.Addr().(*net.TCPAddr))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if server, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

func dialHere(to *net.TCPAddr) (net.Conn, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "")
	defer file.Close()
	address := &syscall.SockaddrInet4{Port: to.Port}
	copy(address.Addr[:], to.IP.To4())
	if err := syscall.Connect(fd, address); err != nil {
		return nil, err
	}
	return net.FileConn(file)
}
