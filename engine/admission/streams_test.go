package admission

import (
	"errors"
	"testing"
)

func session(t testing.TB, g *Gate, user string, streams int) *guest {
	t.Helper()
	one := enter(t, g, "192.0.2.1")
	if err := one.Admit(user, 0, streams); err != nil {
		t.Fatal(err)
	}
	return one
}

func TestStreams(t *testing.T) {
	g := New(Limits{Streams: 10})
	take := func(v *guest, n int, want error) func() {
		t.Helper()
		release, err := v.Streams(n)
		if !errors.Is(err, want) {
			t.Errorf("%d streams: %v, want %v", n, err, want)
		}
		return release
	}
	a1, a2, b := session(t, g, "alice", 6), session(t, g, "alice", 6), session(t, g, "bob", 0)
	back := take(a1, 4, nil)
	take(a2, 3, ErrStreams) // of alice's six
	take(a2, 2, nil)
	take(b, 5, ErrStreams) // of all
	take(b, 4, nil)
	take(b, 0, nil)
	counts(t, g, Counts{Sessions: 3, Streams: 10})
	back()
	back()
	counts(t, g, Counts{Sessions: 3, Streams: 6})
	back = take(a1, 4, nil)
	for _, v := range []*guest{a1, a2, b} {
		v.Leave()
	}
	back() // what went with the session
	take(b, 1, ErrStreams)
	counts(t, g, Counts{})
	if got := len(g.users) + len(g.sources); got > 0 {
		t.Errorf("%d users and addresses remembered", got)
	}
}

func TestAtMost(t *testing.T) {
	g := New(Limits{Streams: 10})
	if a, b := session(t, g, "alice", 6), session(t, g, "bob", 60); a.AtMost(25) != 6 || b.AtMost(25) != 10 || a.AtMost(2) != 2 {
		t.Errorf("%d, %d and %d streams", a.AtMost(25), b.AtMost(25), a.AtMost(2))
	}
}

// TestStreamsBeforeLogin gives none to who has not logged in.
func TestStreamsBeforeLogin(t *testing.T) {
	if _, err := enter(t, New(Limits{}), "192.0.2.1").Streams(1); !errors.Is(err, ErrStreams) {
		t.Errorf("got %v", err)
	}
}
