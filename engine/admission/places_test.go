package admission

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// guest is a visit and whether it was made to leave.
type guest struct {
	*Visit
	evicted int
}

// enter lets one in who must be let in.
func enter(t testing.TB, g *Gate, from string) *guest {
	t.Helper()
	one := new(guest)
	var err error
	if one.Visit, err = g.Enter(addr(from), func() { one.evicted++ }); err != nil {
		t.Fatalf("%s: %v", from, err)
	}
	return one
}

// waiter is one that has the server wait.
func waiter(t testing.TB, g *Gate, from string) *guest {
	t.Helper()
	one := enter(t, g, from)
	one.Waiting(true)
	return one
}

func refused(t testing.TB, g *Gate, from string, want error) {
	t.Helper()
	if _, err := g.Enter(addr(from), func() {}); !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", from, err, want)
	}
}

func counts(t testing.TB, g *Gate, want Counts) {
	t.Helper()
	if got := g.Counts(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestPlaces(t *testing.T) {
	g := New(Limits{Sessions: 2})
	a, b := enter(t, g, "192.0.2.1"), enter(t, g, "192.0.2.2")
	refused(t, g, "192.0.2.3", ErrFull)
	counts(t, g, Counts{LoggingIn: 2, Refused: 1})
	if err := a.Admit("alice", 0, 0); err != nil {
		t.Fatal(err)
	}
	counts(t, g, Counts{LoggingIn: 1, Sessions: 1, Refused: 1})
	b.Leave()
	b.Leave()
	if c := enter(t, g, "192.0.2.3"); c.Number() != 3 {
		t.Errorf("number %d, want 3", c.Number())
	}
	a.Leave()
	counts(t, g, Counts{LoggingIn: 1, Refused: 1})
	if a.evicted+b.evicted > 0 {
		t.Error("evicted without need")
	}
}

func TestPerAddress(t *testing.T) {
	g := New(Limits{PerAddress: 2})
	first := enter(t, g, "2001:db8::1")
	enter(t, g, "2001:db8::ffff")
	refused(t, g, "2001:db8:0:0:8000::1", ErrAddressFull) // of the same /64
	enter(t, g, "2001:db8:0:1::1")
	enter(t, g, "192.0.2.1")
	enter(t, g, "::ffff:192.0.2.1")
	refused(t, g, "192.0.2.1", ErrAddressFull)
	enter(t, g, "192.0.2.2")
	if err := first.Admit("alice", 0, 0); err != nil {
		t.Fatal(err)
	}
	refused(t, g, "2001:db8::1%eth0", ErrAddressFull) // sessions count too
	first.Leave()
	enter(t, g, "2001:db8::1%eth0")
}

func TestPerUser(t *testing.T) {
	g := New(Limits{PerUser: 1})
	admit := func(user string, sessions int, want error) *guest {
		t.Helper()
		one := enter(t, g, "192.0.2.1")
		if err := one.Admit(user, sessions, 0); !errors.Is(err, want) {
			t.Errorf("%s with %d: %v, want %v", user, sessions, err, want)
		}
		return one
	}
	one := admit("alice", 0, nil)
	admit("alice", 0, ErrUserFull).Leave()
	admit("bob", 0, nil)
	admit("alice", 2, nil) // the account's own number counts
	admit("alice", 2, ErrUserFull).Leave()
	one.Leave()
	admit("alice", 2, nil)
	counts(t, g, Counts{Sessions: 3})
}

func TestStopping(t *testing.T) {
	g := New(Limits{})
	one := enter(t, g, "192.0.2.1")
	g.Shut()
	refused(t, g, "192.0.2.1", ErrStopping)
	if err := one.Admit("alice", 0, 0); err != nil {
		t.Errorf("who is in can't log in: %v", err)
	}
}

// TestLimitsChange lets nobody in any more, and no session out.
func TestLimitsChange(t *testing.T) {
	g := New(Limits{Sessions: 3})
	var in []*guest
	for range 3 {
		in = append(in, session(t, g, "alice", 0))
	}
	g.SetLimits(Limits{Sessions: 1})
	refused(t, g, "192.0.2.9", ErrFull)
	counts(t, g, Counts{Sessions: 3, Refused: 1})
	for _, one := range in {
		one.Leave()
	}
	enter(t, g, "192.0.2.9")
}

// TestLimitsChangeInFlood has logins that are too many make way, for nobody at first.
func TestLimitsChangeInFlood(t *testing.T) {
	g := New(Limits{Sessions: 4})
	g.draw = shortest
	session(t, g, "alice", 0)
	var flood []*guest
	for range 3 {
		flood = append(flood, waiter(t, g, "198.51.100.1"))
	}
	g.SetLimits(Limits{Sessions: 3})
	refused(t, g, "203.0.113.1", ErrFull)
	counts(t, g, Counts{LoggingIn: 2, Sessions: 1, Evicted: 1, Refused: 1})
	enter(t, g, "203.0.113.1")
	counts(t, g, Counts{LoggingIn: 2, Sessions: 1, Evicted: 2, Refused: 1})
	if flood[0].evicted != 1 || flood[1].evicted != 1 {
		t.Error("others made way than those that wait longest")
	}
}

// TestEviction fills a gate of four places, each by the letter of an address: a
// capital has the server wait, a small letter is being served, and a digit has
// logged in. The wait begins in this order, and each may last as short as any.
func TestEviction(t *testing.T) {
	for _, tt := range []struct {
		name   string
		in     string
		after  time.Duration // since the last came
		by     byte
		victim int // index in in, -1: the newcomer is refused
	}{
		{"one address has most", "ABBC", 0, 'D', 1},
		{"the longest waiting of it", "CABB", 0, 'D', 2},
		{"of two with as many the longest waiting", "ABAB", 0, 'D', 0},
		{"each has one, none waits long", "ABCD", 0, 'E', -1},
		{"each has one, and waits long enough", "ABCD", held, 'E', 0},
		{"the newcomer has as many", "ABCE", held, 'E', -1},
		{"the newcomer has as many, and they wait long", "ABCE", patience, 'E', 0},
		{"the newcomer has more that are served", "AAbb", 0, 'B', -1},
		{"all of the newcomer", "AAAA", 0, 'A', -1},
		{"all of the newcomer, and long", "AAAA", patience, 'A', 0},
		{"sessions stay", "1111", time.Hour, 'B', -1},
		{"who is served stays", "aaaa", time.Hour, 'B', -1},
		{"among sessions, at once", "11B1", 0, 'C', -1},
		{"among sessions", "11B1", held, 'C', 2},
		{"among sessions of the newcomer, at once", "1A11", 0, 'A', -1},
		{"among sessions of the newcomer, later", "1A11", patience + time.Second, 'A', 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				from := func(letter byte) string { return fmt.Sprintf("192.0.2.%d", letter&0x1f) }
				g := New(Limits{Sessions: len(tt.in)})
				g.draw = shortest
				var in []*guest
				for i := range len(tt.in) {
					// So quickly that nobody is late because others are many.
					time.Sleep(time.Millisecond)
					one := enter(t, g, from(tt.in[i]))
					switch letter := tt.in[i]; {
					case letter < 'A':
						if err := one.Admit("alice", 0, 0); err != nil {
							t.Fatal(err)
						}
					case letter < 'a':
						one.Waiting(true)
					default:
						one.Waiting(true)
						one.Waiting(false)
					}
					in = append(in, one)
				}
				time.Sleep(tt.after)
				_, err := g.Enter(addr(from(tt.by)), func() {})
				if (err == nil) != (tt.victim >= 0) || err != nil && !errors.Is(err, ErrFull) {
					t.Fatalf("the newcomer: %v", err)
				}
				for i, one := range in {
					want := 0
					if i == tt.victim {
						want = 1
					}
					if one.evicted != want {
						t.Errorf("number %d evicted %d times, want %d", i, one.evicted, want)
					}
				}
				for _, one := range in { // also who has left already
					one.Waiting(false)
					one.Leave()
				}
				if got := g.Counts(); got.LoggingIn+got.Sessions != 1-min(1, int(got.Refused)) {
					t.Errorf("the newcomer alone is left: %+v", got)
				}
			})
		})
	}
}

// TestPatienceEnds for one that waits alone of its address also where the newcomer's has
// more, which have only just come.
func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{Sessions: 3})
		idle := waiter(t, g, "192.0.2.1")
		time.Sleep(patience + 1)
		waiter(t, g, "192.0.2.2")
		waiter(t, g, "192.0.2.2")
		enter(t, g, "192.0.2.2")
		if idle.evicted != 1 {
			t.Error("it stays")
		}
	})
}

// shortest draws the least.
func shortest(time.Duration) time.Duration { return 0 }

// TestEvictionIsCheap looks at no more than those that have waited longest.
func TestEvictionIsCheap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{Sessions: considered + 2})
		g.draw = shortest
		var in []*guest
		for i := range considered {
			in = append(in, waiter(t, g, fmt.Sprintf("192.0.%d.%d", i/256, i%256)))
			time.Sleep(time.Microsecond)
		}
		waiter(t, g, "198.51.100.1")
		waiter(t, g, "198.51.100.1")
		time.Sleep(held)
		enter(t, g, "198.51.100.2")
		if in[0].evicted != 1 {
			t.Error("the one that waits longest stays")
		}
		enter(t, g, "198.51.100.3") // one of the two is considered now
		if in[1].evicted != 0 || g.Counts().Evicted != 2 {
			t.Errorf("the second one was evicted: %+v", g.Counts())
		}
	})
}

// TestEvictedCannotLogIn has the place of a login given away while its password is
// checked.
func TestEvictedCannotLogIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{Sessions: 1})
		one := waiter(t, g, "192.0.2.1")
		time.Sleep(held + heldMore)
		two := enter(t, g, "192.0.2.2")
		if err := one.Admit("alice", 0, 0); !errors.Is(err, ErrFull) {
			t.Errorf("admitted: %v", err)
		}
		one.Waiting(true)
		one.Leave()
		counts(t, g, Counts{LoggingIn: 1, Evicted: 1})
		two.Leave()
		counts(t, g, Counts{Evicted: 1})
	})
}

// TestNewcomersEvictLittle has one address come again and again: of the others, each
// with one login under way, it drives out no more than one at a time.
func TestNewcomersEvictLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{Sessions: 8})
		var others []*guest
		for i := range 8 {
			others = append(others, waiter(t, g, fmt.Sprintf("192.0.2.%d", i)))
		}
		time.Sleep(held + heldMore)
		for range 100 {
			if v, err := g.Enter(addr("198.51.100.1"), func() {}); err == nil {
				v.Waiting(true)
			}
			time.Sleep(time.Millisecond)
		}
		evicted := 0
		for _, one := range others {
			evicted += one.evicted
		}
		if evicted != 1 {
			t.Errorf("%d evicted, want 1", evicted)
		}
	})
}

// TestNoGate is a visit to a server without limits.
func TestNoGate(t *testing.T) {
	var v Visit
	v.Waiting(true)
	v.Failed(t.Context())
	if err := v.Admit("alice", 1, 1); err != nil {
		t.Error(err)
	}
	release, err := v.Streams(1000)
	if err != nil || v.AtMost(7) != 7 || v.Number() != 0 {
		t.Error(err, v.AtMost(7), v.Number())
	}
	release()
	v.Leave()
}
