package admission

import (
	"context"
	"encoding/binary"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// waits is how long each of n wrong logins of an address waits, one after the other.
func waits(t testing.TB, g *Gate, from string, n int) (all []time.Duration) {
	t.Helper()
	for range n {
		one := enter(t, g, from)
		began := time.Now()
		one.Failed(t.Context())
		all = append(all, time.Since(began))
		one.Leave()
	}
	return all
}

func TestFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{})
		const s = time.Second
		want := []time.Duration{1 * s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s, 60 * s, 60 * s, 60 * s}
		if got := waits(t, g, "192.0.2.1", 9); !slices.Equal(got, want) {
			t.Errorf("waits %v, want %v", got, want)
		}
		if got := waits(t, g, "192.0.2.2", 1); got[0] != s {
			t.Errorf("another address waits %v", got[0])
		}
		time.Sleep(3 * forgiven)
		if got := waits(t, g, "192.0.2.1", 1); got[0] != 8*s {
			t.Errorf("after some time it waits %v", got[0])
		}
		time.Sleep(10 * forgiven)
		if got := waits(t, g, "192.0.2.1", 1); got[0] != s {
			t.Errorf("much later it waits %v", got[0])
		}
	})
}

// TestFailedSideBySide counts also those that have not had their answer.
func TestFailedSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{FailureDelay: time.Second})
		began := time.Now()
		var took [4]time.Duration
		for i := range took {
			one := enter(t, g, "2001:db8::"+string(rune('1'+i)))
			go func() { one.Failed(t.Context()); took[i] = time.Since(began) }()
			synctest.Wait()
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if want := [4]time.Duration{1 * time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}; took != want {
			t.Errorf("waits %v, want %v", took, want)
		}
	})
}

// TestSuccessForgivesNothing has somebody with an account guess at another.
func TestSuccessForgivesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{})
		for i := range 4 {
			if got := waits(t, g, "192.0.2.1", 1)[0]; got != time.Second<<i {
				t.Errorf("guess %d waits %v", i+1, got)
			}
			session(t, g, "mallory", 0).Leave()
		}
	})
}

func TestFailureDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for delay, want := range map[time.Duration]time.Duration{
			-1: 0, 0: time.Second, time.Millisecond: time.Millisecond, time.Hour: time.Minute,
		} {
			if got := waits(t, New(Limits{FailureDelay: delay}), "192.0.2.1", 1)[0]; got != want {
				t.Errorf("delay %v: waits %v, want %v", delay, got, want)
			}
		}
	})
}

// TestFailedEnds with its context, and gives its place to others meanwhile.
func TestFailedEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{Sessions: 1, FailureDelay: time.Hour})
		ctx, cancel := context.WithCancel(t.Context())
		one := new(guest)
		var err error
		if one.Visit, err = g.Enter(addr("192.0.2.1"), cancel); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		go func() {
			time.Sleep(time.Second)
			enter(t, g, "192.0.2.2")
		}()
		one.Failed(ctx)
		if got := time.Since(began); got != time.Second {
			t.Errorf("waited %v", got)
		}
		counts(t, g, Counts{LoggingIn: 1, Evicted: 1})
	})
}

// TestGuessesBounded has a guess on each connection, which ends when it was not let in
// at once. Failed waits go on without it.
func TestGuessesBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		var guesses atomic.Int64
		var guessing sync.WaitGroup
		for range 100 {
			guessing.Go(func() {
				for ctx.Err() == nil {
					one := enter(t, g, "192.0.2.1")
					if one.Check(ctx) == nil {
						guesses.Add(1)
						time.Sleep(50 * time.Millisecond) // what a check takes
						hangUp, stop := context.WithTimeout(ctx, 100*time.Millisecond)
						one.Failed(hangUp)
						stop()
					}
					one.Leave()
				}
			})
		}
		// Somebody else is not held up.
		time.Sleep(time.Minute)
		other, began := enter(t, g, "192.0.2.2"), time.Now()
		if err := other.Check(ctx); err != nil || time.Since(began) > 0 {
			t.Errorf("another address waits %v: %v", time.Since(began), err)
		}
		guessing.Wait()
		// Four at a time, and while the delays grow some more, then four a minute.
		if got := guesses.Load(); got > 4*10+12 {
			t.Errorf("%d guesses", got)
		}
		if f := g.failures.look(sourceOf(addr("192.0.2.1"))); f.checking != 0 {
			t.Errorf("%d checks under way", f.checking)
		}
	})
}

// TestRightLoginsAreNotRemembered takes no memory for who has never failed.
func TestRightLoginsAreNotRemembered(t *testing.T) {
	g := New(Limits{})
	one, two := enter(t, g, "192.0.2.1"), enter(t, g, "192.0.2.1")
	for _, v := range []*guest{one, two} {
		if err := v.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := one.Admit("alice", 0, 0); err != nil {
		t.Fatal(err)
	}
	if n := len(g.failures.known); n != 1 {
		t.Errorf("%d addresses known while one is checked, want 1", n)
	}
	two.Leave()
	if n := len(g.failures.known) + g.failures.order.Len(); n != 0 {
		t.Errorf("%d addresses known, want none", n)
	}
}

// TestFailuresBounded has wrong logins come from all over a /32.
func TestFailuresBounded(t *testing.T) {
	var f failures
	from := func(i int) netip.Prefix {
		b := [16]byte{0x20, 0x01, 0x0d, 0xb8}
		binary.BigEndian.PutUint32(b[4:], uint32(i))
		return sourceOf(netip.AddrFrom16(b))
	}
	for i := range 3 * remembered {
		f.next(from(i), time.Second)
		if i%100 == 0 {
			f.next(from(0), time.Second) // who goes on is not forgotten for it
		}
	}
	if len(f.known) != remembered || f.order.Len() != remembered {
		t.Errorf("%d and %d remembered, want %d", len(f.known), f.order.Len(), remembered)
	}
	if got := f.next(from(0), time.Second); got != longest {
		t.Errorf("waits %v", got)
	}
}
