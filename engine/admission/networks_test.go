package admission

import (
	"net/netip"
	"testing"
)

func nets(all ...string) (p []netip.Prefix) {
	for _, one := range all {
		p = append(p, netip.MustParsePrefix(one))
	}
	return p
}

func TestNetworks(t *testing.T) {
	for _, tt := range []struct {
		name        string
		allow, deny []netip.Prefix
		in, out     []string
	}{
		{"all", nil, nil, []string{"192.0.2.1", "::1"}, nil},
		{"some", nets("192.0.2.0/24", "2001:db8::/32"), nil, []string{"192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1%eth0"}, []string{"192.0.3.1", "2001:db9::1"}},
		{"all but some", nil, nets("192.0.2.0/24"), []string{"192.0.3.1", "::1"}, []string{"192.0.2.1", "::ffff:192.0.2.1"}},
		{"a part of some", nets("192.0.2.0/24"), nets("192.0.2.128/25"), []string{"192.0.2.1"}, []string{"192.0.2.129", "::1"}},
		{"mapped networks", nets("::ffff:192.0.2.0/120"), nil, []string{"192.0.2.1", "::ffff:192.0.2.1"}, []string{"192.0.3.1"}},
		{"all of one family", nets("0.0.0.0/0"), nil, []string{"192.0.2.1"}, []string{"::1"}},
		{"not masked", nets("192.0.2.77/24"), nil, []string{"192.0.2.1"}, []string{"192.0.3.77"}},
	} {
		g := New(Limits{Allow: tt.allow, Deny: tt.deny})
		for _, from := range tt.in {
			enter(t, g, from)
		}
		for _, from := range tt.out {
			refused(t, g, from, ErrNetwork)
		}
		if got := g.Counts().Refused; got != int64(len(tt.out)) {
			t.Errorf("%s: %d refused, want %d", tt.name, got, len(tt.out))
		}
	}
}

// TestNoAddress is a peer whose address nobody knows.
func TestNoAddress(t *testing.T) {
	g := New(Limits{PerAddress: 1})
	if _, err := g.Enter(netip.Addr{}, func() {}); err != nil {
		t.Error(err)
	}
	g = New(Limits{Allow: []netip.Prefix{netip.MustParsePrefix("::/0"), netip.MustParsePrefix("0.0.0.0/0")}})
	if _, err := g.Enter(netip.Addr{}, func() {}); err == nil {
		t.Error("nobody is in an allowed network")
	}
	g = New(Limits{Deny: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	if _, err := g.Enter(netip.Addr{}, func() {}); err == nil {
		t.Error("nobody is outside of a denied network")
	}
}
