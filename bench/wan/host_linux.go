package wan

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os/exec"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// deviceName is the path's device in each host.
const deviceName = "wan0"

// Host is one end of a path: a network namespace with a loopback device and
// the path's, which leads to the other host and nowhere else.
type Host struct {
	addr     netip.Addr
	peer     netip.Addr
	space    *namespace
	routes   *netlink.Handle // its socket belongs to the namespace, whichever thread uses it
	settings map[string]string
}

// Addr is the host's address on the path.
func (h *Host) Addr() netip.Addr { return h.addr }

// Start is cmd.Start in the host. The child is killed when the path is closed
// or this process ends, unless it changed its user in between; what it started
// itself, only Isolate ends.
func (h *Host) Start(cmd *exec.Cmd) error {
	attr := syscall.SysProcAttr{}
	if cmd.SysProcAttr != nil {
		attr = *cmd.SysProcAttr
	}
	attr.Pdeathsig = syscall.SIGKILL
	cmd.SysProcAttr = &attr
	return h.space.do(cmd.Start)
}

// Do runs f on a thread of the host; sockets made there stay there. One f runs
// at a time, and Close waits for it: work on the sockets elsewhere.
func (h *Host) Do(f func() error) error { return h.space.do(f) }

// Settings are the system's settings that matter to TCP, as read back from the
// host: sysctls of net.ipv4 and net.core by their last name.
func (h *Host) Settings() map[string]string { return maps.Clone(h.settings) }

// newHost makes the namespace, with nothing in it but the loopback device.
func newHost(addr, peer netip.Addr) (*Host, error) {
	space, err := newNamespace()
	if err != nil {
		return nil, err
	}
	h := &Host{addr: addr, peer: peer, space: space}
	err = space.do(func() error {
		h.routes, err = netlink.NewHandle(unix.NETLINK_ROUTE)
		if err != nil {
			return fmt.Errorf("wan: open netlink: %w", err)
		}
		lo, err := h.routes.LinkByName("lo")
		if err != nil {
			return fmt.Errorf("wan: find the loopback device: %w", err)
		}
		if err := h.routes.LinkSetUp(lo); err != nil {
			return fmt.Errorf("wan: start the loopback device: %w", err)
		}
		return nil
	})
	if err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (h *Host) close() {
	if h == nil {
		return
	}
	h.space.close()
	if h.routes != nil {
		h.routes.Close()
	}
}

// connect gives the device the host's address and starts it. It runs on the
// host's thread.
func (h *Host) connect(neighbour net.HardwareAddr) error {
	if err := withoutIPv6(deviceName); err != nil {
		return err
	}
	wan, err := h.routes.LinkByName(deviceName)
	if err != nil {
		return fmt.Errorf("wan: find device %s: %w", deviceName, err)
	}
	index := wan.Attrs().Index
	// The emulator is the queue. One of the kernel's in front would delay or
	// drop unseen; bbr paces by itself without fq since Linux 4.13.
	queue := &netlink.GenericQdisc{
		QdiscAttrs: netlink.QdiscAttrs{LinkIndex: index, Parent: netlink.HANDLE_ROOT, Handle: netlink.HANDLE_NONE},
		QdiscType:  "noqueue",
	}
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"set the MTU", func() error { return h.routes.LinkSetMTU(wan, MTU) }},
		{"set the queue length", func() error { return h.routes.LinkSetTxQLen(wan, ringLength) }},
		{"set the address", func() error {
			return h.routes.AddrAdd(wan, &netlink.Addr{IPNet: network(h.addr), Peer: network(h.peer)})
		}},
		{"take out the queue", func() error { return h.routes.QdiscReplace(queue) }},
		{"start it", func() error { return h.routes.LinkSetUp(wan) }},
		{"name its neighbour", func() error {
			if neighbour == nil {
				return nil
			}
			return h.routes.NeighAdd(&netlink.Neigh{
				LinkIndex: index, Family: unix.AF_INET, State: netlink.NUD_PERMANENT,
				IP: h.peer.AsSlice(), HardwareAddr: neighbour,
			})
		}},
	} {
		if err := step.do(); err != nil {
			return fmt.Errorf("wan: device %s: %s: %w", deviceName, step.what, err)
		}
	}
	return nil
}

// dropped is how many packets the path's device refused the host so far.
func (h *Host) dropped() (int64, error) {
	wan, err := h.routes.LinkByName(deviceName)
	if err != nil {
		return 0, fmt.Errorf("wan: read the statistics of %s: %w", deviceName, err)
	}
	statistics := wan.Attrs().Statistics
	if statistics == nil {
		return 0, errors.New("wan: the kernel gives no statistics of " + deviceName)
	}
	return int64(statistics.TxDropped), nil
}

func network(a netip.Addr) *net.IPNet {
	return &net.IPNet{IP: a.AsSlice(), Mask: net.CIDRMask(a.BitLen(), a.BitLen())}
}
