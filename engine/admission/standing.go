package admission

import (
	"net/netip"
	"time"
)

// standing is what speaks for who wants to log in while there are more of them than
// places: the higher one takes the place of the lower.
type standing int

const (
	// denied is a login whose password was wrong. It only waits for its answer.
	denied standing = iota
	// wasteful is who comes from a network of which somebody has lately had a place that
	// others wanted, and left it without a login. A flood from some thousand networks is
	// that soon, and strangers who come meanwhile are not.
	wasteful
	// unknown is anybody.
	unknown
	// regular is who comes from an address that has logged in before: see crowd.
	regular
)

// crowd is the part of all places, one in so many, that an address may have logins in
// as a regular. Those beyond are anybody's: whoever has an account, or shares the
// address of somebody who has, could keep all strangers out otherwise.
const crowd = 8

// standing is that of a newcomer from a source that has so many logging in already.
func (g *Gate) standing(from netip.Prefix, loggingIn int) standing {
	if loggingIn < max(1, g.limits.Sessions/crowd) {
		return g.known.of(from)
	}
	return g.known.ofStranger(from)
}

// reputation is what is known of those that came before.
type reputation struct {
	regulars recent[struct{}]
	wasted   recent[time.Time] // when, last
}

// of is the standing of a source.
func (r *reputation) of(from netip.Prefix) standing {
	if r.regulars.look(from) != nil {
		return regular
	}
	return r.ofStranger(from)
}

func (r *reputation) ofStranger(from netip.Prefix) standing {
	if last := r.wasted.look(networkOf(from)); last != nil && time.Since(*last) < forgiven {
		return wasteful
	}
	return unknown
}

// came notes that a source has logged in.
func (r *reputation) came(from netip.Prefix) { r.regulars.of(from) }

// waste notes that a place was given up that others wanted.
func (r *reputation) waste(from netip.Prefix) { *r.wasted.of(networkOf(from)) = time.Now() }

// networkOf is where the other addresses of an attacker may be: of a source of IPv6
// the /48, of others the /24.
func networkOf(from netip.Prefix) netip.Prefix {
	bits := 48
	if from.Addr().Is4() {
		bits = 24
	}
	p, _ := from.Addr().Prefix(bits) // of no address: no prefix
	return p
}
