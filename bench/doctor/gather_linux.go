package doctor

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// outgoing finds the interface by the kernel's routes (rtnetlink(7)).
func outgoing(remote netip.Addr) (Interface, error) {
	index, err := route(remote)
	if err != nil {
		return Interface{}, err
	}
	link, err := netlink.LinkByIndex(index)
	if err != nil {
		return Interface{}, fmt.Errorf("read interface %d: %w", index, err)
	}
	a := link.Attrs()
	found := Interface{Name: a.Name, MTU: a.MTU, Loopback: a.Flags&net.FlagLoopback != 0}
	queues, err := netlink.QdiscList(link)
	if err != nil {
		return found, fmt.Errorf("read the queueing disciplines of %s: %w", a.Name, err)
	}
	found.Qdisc, found.Queues = ofRoot(queues)
	return found, nil
}

func route(remote netip.Addr) (int, error) {
	if remote.IsValid() {
		routes, err := netlink.RouteGet(net.IP(remote.AsSlice()))
		if err != nil {
			return 0, fmt.Errorf("find the route to %v: %w", remote, err)
		}
		if len(routes) > 0 {
			return routes[0].LinkIndex, nil
		}
		return 0, fmt.Errorf("no route to %v", remote)
	}
	for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
		routes, err := netlink.RouteList(nil, family)
		if err != nil {
			return 0, fmt.Errorf("list routes: %w", err)
		}
		for _, r := range routes {
			if r.Dst == nil || r.Dst.IP.IsUnspecified() {
				return r.LinkIndex, nil
			}
		}
	}
	return 0, errors.New("no default route")
}

// ofRoot is the discipline at an interface's root. That of one with several
// queues only shares out: then it is the first queue's.
func ofRoot(queues []netlink.Qdisc) (kind string, several bool) {
	for _, q := range queues {
		if q.Attrs().Parent == netlink.HANDLE_ROOT {
			kind = q.Type()
		}
	}
	if kind != "mq" {
		return kind, false
	}
	for _, q := range queues {
		if q.Type() != "mq" {
			return q.Type(), true
		}
	}
	return kind, true
}
