package faults

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// host is where programs run: a network namespace behind a link of its own, or,
// without one, the loopback interface.
type host struct {
	space netns.NsHandle // none: the one of the tests
	own   netip.Addr
	link  netlink.Link // the end of its link that the tests hold
	other netip.Addr   // of that end
}

// loopback is the host without a link.
func loopback() *host {
	return &host{space: netns.None(), own: netip.MustParseAddr("127.0.0.1"), other: netip.MustParseAddr("127.0.0.1")}
}

// corner is a place on the loopback interface where nobody else has an address:
// ports are given away again soon, and a stray connection would find somebody.
func (w *world) corner() (near, far *host) {
	n := w.number()
	at := func(last byte) netip.Addr { return netip.AddrFrom4([4]byte{127, byte(1 + n>>8), byte(n), last}) }
	near, far = loopback(), loopback()
	near.other, far.other, far.own = at(1), at(2), at(3)
	return near, far
}

func (h *host) addr() netip.Addr { return h.own }

// start is cmd.Start on the host. The program dies with the tests.
func (h *host) start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	if !h.space.IsOpen() {
		return cmd.Start()
	}
	started := make(chan error)
	go func() {
		// Never unlocked: the thread of another namespace ends with its goroutine.
		runtime.LockOSThread()
		if err := netns.Set(h.space); err != nil {
			started <- fmt.Errorf("enter a network namespace: %w", err)
			return
		}
		started <- cmd.Start()
	}()
	return <-started
}

// retries is how often the hosts send again what nobody acknowledges: for about
// 13 s, where the system's default would be 15 minutes.
const retries = "5"

// host makes one: a namespace and a link to it.
//
//	tests: other (end) ── veth ── own: the host's only way out
func (w *world) host(t testing.TB) *host {
	t.Helper()
	n := w.number()
	h := &host{
		own:   netip.AddrFrom4([4]byte{10, byte(n >> 8), byte(n), 2}),
		other: netip.AddrFrom4([4]byte{10, byte(n >> 8), byte(n), 1}),
	}
	if err := h.open(n); err != nil {
		t.Fatalf("make a host: %v", err)
	}
	t.Cleanup(h.vanish)
	return h
}

func (h *host) open(n int) error {
	made := make(chan error)
	go func() {
		runtime.LockOSThread()
		var err error
		if h.space, err = netns.New(); err == nil { // and enters it
			err = os.WriteFile("/proc/sys/net/ipv4/tcp_retries2", []byte(retries), 0)
		}
		made <- err
	}()
	if err := <-made; err != nil {
		return err
	}
	near, far := fmt.Sprintf("near%d", n), fmt.Sprintf("far%d", n)
	pair := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: near}, PeerName: far, PeerNamespace: netlink.NsFd(h.space)}
	if err := netlink.LinkAdd(pair); err != nil {
		return fmt.Errorf("make a link: %w", err)
	}
	var err error
	if h.link, err = netlink.LinkByName(near); err != nil {
		return err
	}
	if err := netlink.AddrAdd(h.link, address(h.other)); err != nil {
		return err
	}
	if err := h.up(); err != nil {
		return err
	}
	inside, err := netlink.NewHandleAt(h.space)
	if err != nil {
		return err
	}
	defer inside.Close()
	for name, addr := range map[string]netip.Addr{"lo": {}, far: h.own} {
		link, err := inside.LinkByName(name)
		if err != nil {
			return err
		}
		if addr.IsValid() {
			if err := inside.AddrAdd(link, address(addr)); err != nil {
				return err
			}
		}
		if err := inside.LinkSetUp(link); err != nil {
			return err
		}
	}
	return nil
}

func address(a netip.Addr) *netlink.Addr {
	return &netlink.Addr{IPNet: &net.IPNet{IP: a.AsSlice(), Mask: net.CIDRMask(24, 32)}}
}

// down pulls the plug, up puts it back.
func (h *host) down() error { return netlink.LinkSetDown(h.link) }
func (h *host) up() error   { return netlink.LinkSetUp(h.link) }

// vanish takes the host from the network for good. Nothing says farewell.
func (h *host) vanish() {
	if h.space.IsOpen() {
		_ = netlink.LinkDel(h.link) // it may have vanished before
		_ = h.space.Close()
	}
}
