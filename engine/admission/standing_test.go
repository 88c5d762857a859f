package admission

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// TestStanding has somebody of each standing come to a gate whose one place another has.
func TestStanding(t *testing.T) {
	from := map[standing]string{wasteful: "203.0.113.1", unknown: "192.0.2.1", regular: "198.51.100.1"}
	for _, tt := range []struct {
		in      standing
		served  bool // rather than waited for
		by      standing
		after   time.Duration
		evicted bool
	}{
		{in: denied, by: wasteful, evicted: true},
		{in: denied, by: regular, evicted: true},
		{in: wasteful, by: unknown, evicted: true},
		{in: wasteful, by: regular, evicted: true},
		{in: unknown, by: regular, evicted: true},
		{in: wasteful, served: true, by: unknown, evicted: true},
		{in: unknown, served: true, by: regular, evicted: true},

		{in: unknown, by: wasteful, after: patience},
		{in: unknown, by: wasteful, after: patience + 1, evicted: true},
		{in: regular, by: unknown, after: patience},
		{in: regular, by: unknown, after: patience + 1, evicted: true},
		{in: regular, served: true, by: unknown, after: time.Hour},
		{in: unknown, served: true, by: wasteful, after: time.Minute},
		{in: unknown, served: true, by: unknown, after: time.Minute},
		{in: regular, served: true, by: regular, after: time.Minute},
	} {
		t.Run(fmt.Sprint(tt), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := New(Limits{Sessions: 1})
				old := enter(t, g, from[regular])
				if err := old.Admit("alice", 0, 0); err != nil {
					t.Fatal(err)
				}
				old.Leave()
				waiter(t, g, from[wasteful]).Leave()

				where := from[tt.in]
				if tt.in == denied {
					where = "192.0.2.77"
				}
				one := enter(t, g, where)
				switch {
				case tt.in == denied:
					one.fail()
				case !tt.served:
					one.Waiting(true)
				}
				time.Sleep(tt.after)
				by := netip.MustParseAddr(from[tt.by])
				if tt.in == tt.by { // of another address: its own would have to be patient
					by = by.Next()
				}
				if tt.by == regular {
					g.known.came(sourceOf(by))
				}
				_, err := g.Enter(by, func() {})
				if (one.evicted == 1) != tt.evicted || (err == nil) != tt.evicted {
					t.Errorf("evicted %d times, the newcomer: %v", one.evicted, err)
				}
			})
		})
	}
}

// TestReputation is that of networks where a place was wasted, and of addresses that
// have logged in.
func TestReputation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{Sessions: 2})
		want := func(from string, want standing) {
			t.Helper()
			if got := g.known.of(sourceOf(addr(from))); got != want {
				t.Errorf("%s has standing %d, want %d", from, got, want)
			}
		}
		waiter(t, g, "192.0.2.1").Leave() // nobody wanted that place
		want("192.0.2.1", unknown)
		user := enter(t, g, "192.0.2.2")
		if err := user.Admit("alice", 0, 0); err != nil {
			t.Fatal(err)
		}
		waiter(t, g, "192.0.2.1").Leave()
		waiter(t, g, "2001:db8:1:2::1").Leave()
		want("192.0.2.1", wasteful)
		want("192.0.2.77", wasteful)
		want("192.0.3.1", unknown)
		want("2001:db8:1:ffff::", wasteful)
		want("2001:db8:2::", unknown)
		want("192.0.2.2", regular) // whatever others of its network do
		user.Leave()
		time.Sleep(forgiven)
		want("192.0.2.1", unknown)
		want("192.0.2.2", regular)
		if got := g.known.of(sourceOf(netip.Addr{})); got != unknown {
			t.Errorf("nobody has standing %d", got)
		}
	})
}

// TestReputationBounded has more come than are remembered.
func TestReputationBounded(t *testing.T) {
	var r reputation
	for n := range uint32(3 * remembered) {
		r.came(sourceOf(inNetwork(n)))
		r.waste(sourceOf(inNetwork(n)))
	}
	if len(r.regulars.known) != remembered || r.regulars.order.Len() != remembered || len(r.wasted.known) != remembered {
		t.Errorf("%d regulars, %d networks", len(r.regulars.known), len(r.wasted.known))
	}
	if r.of(sourceOf(inNetwork(0))) != unknown || r.of(sourceOf(inNetwork(3*remembered-1))) != regular {
		t.Error("the latest are not the ones that are remembered")
	}
}

// TestCrowd has one address come again and again, from which somebody has logged in: it
// keeps no stranger out, and drives out no more of them than a crowd of it may have.
func TestCrowd(t *testing.T) {
	const known, places = "198.51.100.1", 2 * crowd
	fill := func(t *testing.T, from func(n int) string) (*Gate, []*guest) {
		g := New(Limits{Sessions: places})
		user := enter(t, g, known)
		if err := user.Admit("alice", 0, 0); err != nil {
			t.Fatal(err)
		}
		user.Leave()
		var in []*guest
		for n := range places {
			in = append(in, waiter(t, g, from(n)))
		}
		return g, in
	}
	evicted := func(in []*guest) (n int) {
		for _, one := range in {
			n += one.evicted
		}
		return n
	}
	synctest.Test(t, func(t *testing.T) {
		g, in := fill(t, func(int) string { return known })
		enter(t, g, "192.0.2.1")
		if evicted(in) != 1 || in[0].evicted+in[1].evicted > 0 {
			t.Error("none of those that are too many made way")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		g, in := fill(t, func(n int) string { return fmt.Sprintf("192.0.2.%d", n) })
		for range places {
			if v, err := g.Enter(addr(known), func() {}); err == nil {
				v.Waiting(true)
			}
		}
		if got := evicted(in); got != places/crowd {
			t.Errorf("%d strangers evicted, want %d", got, places/crowd)
		}
	})
}

// TestNoRoomForUser: a right password speaks for an address also where its user has
// sessions enough.
func TestNoRoomForUser(t *testing.T) {
	g := New(Limits{PerUser: 1})
	session(t, g, "alice", 0)
	if err := enter(t, g, "198.51.100.1").Admit("alice", 0, 0); err != ErrUserFull {
		t.Fatal(err)
	}
	if got := g.known.of(sourceOf(addr("198.51.100.1"))); got != regular {
		t.Errorf("standing %d", got)
	}
}
