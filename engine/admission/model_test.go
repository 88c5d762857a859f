package admission

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// FuzzGate has visits come, wait, log in, take streams and leave as the input says,
// and holds the gate's counts to what a plain recount finds: within the limits,
// never negative, and nothing when all have left.
func FuzzGate(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7})
	f.Add([]byte("\x00\x08\x10\x18\x01\x09\x11\x19\x02\x0a\x12\x03\x0b\x13\x04\x0c\x05\x06\x07"))
	f.Add([]byte{0, 0, 0, 0, 1, 1, 1, 0x20, 0x40, 0x60, 7, 0x80, 0xa0, 2, 3, 3, 4, 0xc5})
	f.Fuzz(func(t *testing.T, steps []byte) {
		synctest.Test(t, func(t *testing.T) { play(t, steps) })
	})
}

type player struct {
	*guest
	user     string
	held     int
	releases []func()
}

func play(t *testing.T, steps []byte) {
	limits := Limits{Sessions: 5, PerAddress: 3, PerUser: 2, Streams: 9}
	g := New(limits)
	var in []*player
	for _, step := range steps {
		which := int(step >> 3)
		if step&7 == 0 || len(in) == 0 {
			one := &player{guest: new(guest)}
			from := netip.AddrFrom4([4]byte{192, 0, 2, byte(which % 4)})
			var err error
			if one.Visit, err = g.Enter(from, func() { one.evicted++ }); err == nil {
				in = append(in, one)
			}
		} else {
			in[which%len(in)].play(t, step, which)
		}
		in = recount(t, g, limits, in)
	}
	for _, one := range in {
		one.Leave()
		for _, release := range one.releases {
			release()
		}
	}
	got := g.Counts()
	if got.LoggingIn+got.Sessions+got.Streams != 0 || len(g.users)+len(g.sources)+len(g.visits) != 0 {
		t.Errorf("all have left: %+v, %d users, %d addresses, %d visits", got, len(g.users), len(g.sources), len(g.visits))
	}
	for from, e := range g.failures.known {
		if f := e.Value.(*about[failure]).what; f.checking != 0 || f.last.IsZero() {
			t.Errorf("all have left: %v is known for %+v", from, f)
		}
	}
	if g.waiting.Len()+g.working.Len() > 0 {
		t.Errorf("all have left: %d wait, %d are served", g.waiting.Len(), g.working.Len())
	}
}

func (p *player) play(t *testing.T, step byte, which int) {
	switch step & 7 {
	case 1:
		p.Waiting(true)
	case 2:
		p.Waiting(false)
		switch {
		case p.user != "":
		case which == 7:
			p.fail()
		case which > 16:
			p.turn()
		}
	case 3:
		name := string(rune('a' + which%3))
		if p.user == "" && p.Admit(name, 0, 4) == nil {
			p.user = name
		}
	case 4:
		if release, err := p.Streams(1 + which%3); err == nil {
			p.held += 1 + which%3
			p.releases = append(p.releases, func() { release(); p.held -= 1 + which%3 })
		}
	case 5:
		if n := len(p.releases); n > 0 {
			p.releases[n-1]()
			p.releases = p.releases[:n-1]
		}
	case 6:
		p.Leave()
	case 7:
		time.Sleep(time.Duration(which) * 200 * time.Millisecond)
	}
}

// recount checks the gate against those that are in, and drops who is not.
func recount(t *testing.T, g *Gate, limits Limits, in []*player) []*player {
	t.Helper()
	var want Counts
	users, kept := map[string][2]int{}, in[:0]
	waiting := map[netip.Prefix]int{}
	for _, p := range in {
		if p.left {
			continue
		}
		kept = append(kept, p)
		if p.queue == &g.waiting {
			waiting[p.from]++
		}
		if p.user == "" {
			want.LoggingIn++
			continue
		}
		if p.queue != nil {
			t.Error("a session is still logging in")
		}
		if p.evicted > 0 {
			t.Error("a session was evicted")
		}
		want.Sessions++
		want.Streams += p.held
		users[p.user] = [2]int{users[p.user][0] + 1, users[p.user][1] + p.held}
	}
	total := 0
	for _, n := range waiting {
		total += n
	}
	if g.waiting.Len() != total || g.working.Len() != want.LoggingIn-total {
		t.Fatalf("%d in the list of those that wait, %d in the other, want %d and %d",
			g.waiting.Len(), g.working.Len(), total, want.LoggingIn-total)
	}
	got := g.Counts()
	if got.LoggingIn != want.LoggingIn || got.Sessions != want.Sessions || got.Streams != want.Streams {
		t.Fatalf("%+v, want %+v", got, want)
	}
	if got.LoggingIn+got.Sessions > limits.Sessions || got.Streams > limits.Streams {
		t.Fatalf("more than allowed: %+v", got)
	}
	for name, u := range users {
		if have := g.users[name]; have == nil || [2]int{have.sessions, have.streams} != u || u[0] > limits.PerUser || u[1] > 4 {
			t.Fatalf("user %s has %+v, want %v", name, have, u)
		}
	}
	for from, s := range g.sources {
		if s.waiting != waiting[from] || s.visits > limits.PerAddress || s.loggingIn > s.visits || s.loggingIn < s.waiting {
			t.Fatalf("%v: %+v, %d wait", from, s, waiting[from])
		}
	}
	return kept
}
