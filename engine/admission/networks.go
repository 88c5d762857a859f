package admission

import (
	"net/netip"
	"slices"
)

// allows tells whether anybody may come from an address, which is not a mapped one.
func (l Limits) allows(from netip.Addr) bool {
	in := func(p netip.Prefix) bool { return unmapped(p).Contains(from) }
	if slices.ContainsFunc(l.Deny, in) || len(l.Deny) > 0 && !from.IsValid() {
		return false
	}
	return len(l.Allow) == 0 || slices.ContainsFunc(l.Allow, in)
}

// plain is an address as it counts: that of a socket of both families may be an
// IPv4 one in disguise, and a zone names an interface of ours.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// unmapped is a network of IPv4 addresses as such.
func unmapped(p netip.Prefix) netip.Prefix {
	const mapped = 96 // bits before the IPv4 address
	if p.Addr().Is4In6() && p.Bits() >= mapped {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped)
	}
	return p
}

// sourceOf is what counts as one address: whoever has one of IPv6 has a /64.
func sourceOf(a netip.Addr) netip.Prefix {
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, _ := a.Prefix(bits) // of no address: no prefix, which counts as a source too
	return p
}
