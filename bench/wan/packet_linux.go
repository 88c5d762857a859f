package wan

import (
	"encoding/binary"
	"fmt"
	"net"
	"sync"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// The packet back-end does without /dev/net/tun. Each host's device is a veth
// whose other end is in the emulator's namespace, where a packet socket takes
// what comes and another sends it on:
//
//	 client │          emulator           │ server
//	 wan0 ══╪══ client ─ link ─ server ═══╪══ wan0
//
// Packet sockets hand over super-packets whole (PACKET_VNET_HDR), like TUN.

// The hosts' link-layer addresses, locally administered. Each host knows the
// other's from the start, so nobody asks, and frames need no rewriting.
var (
	clientMAC = net.HardwareAddr{2, 0, 0, 0, 0, 1}
	serverMAC = net.HardwareAddr{2, 0, 0, 0, 0, 2}
)

// socketBuffer is how many bytes of packets a packet socket may hold for the
// emulator, as TUN's ring does: 50 ms at 10 Gbit/s.
const socketBuffer = 64 << 20

// connectPacket makes the devices in a namespace that lives on in the sockets
// made there.
func (p *Path) connectPacket() error {
	emulator, err := newNamespace()
	if err != nil {
		return err
	}
	defer emulator.close()
	return emulator.do(func() error {
		// The emulator's ends would ask for neighbours and routers.
		if err := withoutIPv6("default"); err != nil {
			return err
		}
		routes, err := netlink.NewHandle(unix.NETLINK_ROUTE)
		if err != nil {
			return fmt.Errorf("wan: open netlink: %w", err)
		}
		defer routes.Close()
		for _, end := range []struct {
			*Host
			name     string
			own, far net.HardwareAddr
		}{{p.client, "client", clientMAC, serverMAC}, {p.server, "server", serverMAC, clientMAC}} {
			d, err := end.openPacket(routes, end.name, end.own, end.far)
			if err != nil {
				return err
			}
			p.devices = append(p.devices, d)
		}
		return nil
	})
}

// openPacket adds the path's device to the host, with address own and its
// neighbour far. It runs on the emulator's thread.
func (h *Host) openPacket(routes *netlink.Handle, name string, own, far net.HardwareAddr) (*device, error) {
	outer, err := h.pair(routes, name, own)
	if err != nil {
		return nil, err
	}
	// The socket first: what the host sends early is not lost.
	fd, err := openPacketSocket(outer)
	if err != nil {
		return nil, err
	}
	if err := h.space.do(func() error { return h.connect(far) }); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	socket := packetSocket{fd: fd}
	const ipv4 = "\x08\x00"
	return &device{
		fd:     fd,
		header: []byte(string(own) + string(far) + ipv4),
		lost: func() (int64, error) {
			refused, err := h.dropped()
			if err != nil {
				return 0, err
			}
			dropped, err := socket.dropped()
			return refused + dropped, err
		},
		name: name,
	}, nil
}

// pair joins the host to the emulator and returns the emulator's end.
func (h *Host) pair(routes *netlink.Handle, name string, own net.HardwareAddr) (netlink.Link, error) {
	inside, err := h.space.open()
	if err != nil {
		return nil, err
	}
	defer unix.Close(inside)
	attributes := netlink.NewLinkAttrs()
	attributes.Name, attributes.MTU = name, MTU
	veth := &netlink.Veth{
		LinkAttrs: attributes, PeerName: deviceName, PeerHardwareAddr: own,
		PeerNamespace: netlink.NsFd(inside),
	}
	if err := routes.LinkAdd(veth); err != nil {
		return nil, fmt.Errorf("wan: make a veth pair to %s: %w", name, err)
	}
	outer, err := routes.LinkByName(name)
	if err != nil {
		return nil, fmt.Errorf("wan: find device %s: %w", name, err)
	}
	if err := routes.LinkSetUp(outer); err != nil {
		return nil, fmt.Errorf("wan: start device %s: %w", name, err)
	}
	return outer, nil
}

func openPacketSocket(outer netlink.Link) (fd int, err error) {
	name := outer.Attrs().Name
	// No protocol yet: until bind it would take the packets of every device.
	fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("wan: open a packet socket for %s: %w", name, err)
	}
	for _, option := range []struct{ level, option, value int }{
		{unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1},
		{unix.SOL_PACKET, unix.PACKET_QDISC_BYPASS, 1},
		{unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1},
	} {
		if err := unix.SetsockoptInt(fd, option.level, option.option, option.value); err != nil {
			_ = unix.Close(fd)
			return -1, fmt.Errorf("wan: set option %d of the packet socket for %s: %w", option.option, name, err)
		}
	}
	// A user namespace may not go past net.core.rmem_max. What the socket then
	// drops is counted.
	growBuffer(fd, unix.SO_RCVBUFFORCE, unix.SO_RCVBUF)
	growBuffer(fd, unix.SO_SNDBUFFORCE, unix.SO_SNDBUF)
	ipv4 := binary.NativeEndian.Uint16([]byte{unix.ETH_P_IP >> 8, unix.ETH_P_IP & 0xff})
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: ipv4, Ifindex: outer.Attrs().Index}); err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("wan: bind the packet socket to %s: %w", name, err)
	}
	return fd, nil
}

func growBuffer(fd, force, plain int) {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, force, socketBuffer) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, plain, socketBuffer)
	}
}

// packetSocket counts what the kernel could not queue for the emulator.
type packetSocket struct {
	fd    int
	mu    sync.Mutex
	drops int64
}

// dropped is the sum: the kernel's own count starts again after each look.
func (s *packetSocket) dropped() (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats, err := unix.GetsockoptTpacketStats(s.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		return 0, fmt.Errorf("wan: read the packet socket's statistics: %w", err)
	}
	s.drops += int64(stats.Drops)
	return s.drops, nil
}
