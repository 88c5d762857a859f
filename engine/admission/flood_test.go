package admission

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// flood is what comes to a gate of 40 places, 300 times a second.
type flood struct {
	// from is the address of the connection of that number.
	from func(n uint32) netip.Addr
	// guesses tells a password, which is wrong; without, the server waits in vain.
	guesses bool
}

// TestFlood counts, of clients that come once a second and need 0.2 s of the server's
// waiting for their login, those that get in during a flood. The clock is not real and
// the draws are always the same ones, so that the count is, too, but for what runs at
// the same instant.
func TestFlood(t *testing.T) {
	// Each in a network of its own.
	thousand := func(n uint32) netip.Addr { return inNetwork(1 + n*7919%1000) }
	ever := func(n uint32) netip.Addr { return inNetwork(5000 + n) }
	for _, tt := range []struct {
		name                string
		flood               flood
		strangers, regulars int // of each 50, at least
	}{
		{"1000 addresses, silent", flood{thousand, false}, 42, 48},
		{"1000 addresses, guessing", flood{thousand, true}, 40, 48},
		{"each from another network, silent", flood{ever, false}, 2, 48},
		{"each from another network, guessing", flood{ever, true}, 1, 48},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				strangers, regulars := tt.flood.meet(t)
				t.Logf("of each %d, %d strangers and %d regulars got in", logins, strangers, regulars)
				if strangers < tt.strangers || regulars < tt.regulars {
					t.Errorf("want %d and %d", tt.strangers, tt.regulars)
				}
			})
		})
	}
}

// logins is how many strangers come, and how many regulars.
const logins = 50

// inNetwork is an address in the nth /24.
func inNetwork(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(1 + n>>16), byte(n >> 8), byte(n), 1})
}

// checks is where passwords are looked at: two at a time, for 50 ms each.
type checks chan struct{}

func (c checks) do(ctx context.Context) bool {
	select {
	case c <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	time.Sleep(50 * time.Millisecond)
	<-c
	return true
}

func (f flood) meet(t *testing.T) (strangers, regulars int) {
	g := New(Limits{Sessions: 40})
	random := rand.New(rand.NewPCG(1, 2))
	g.draw = func(most time.Duration) time.Duration { return time.Duration(random.Int64N(int64(most))) }
	checks := make(checks, 2)
	stranger := func(n int) netip.Addr { return inNetwork(2000 + uint32(n)) }
	known := func(n int) netip.Addr { return inNetwork(3000 + uint32(n)) }
	var ok [2]atomic.Int64
	for n := range logins {
		if !login(t.Context(), g, checks, known(n)) {
			t.Fatal("a login without a flood fails")
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		for n := uint32(0); ctx.Err() == nil; n++ {
			time.Sleep(time.Second / 300)
			running.Go(func() { f.come(ctx, g, checks, n) })
		}
	})
	time.Sleep(10 * time.Second)
	for n := range logins {
		for kind, from := range []netip.Addr{stranger(n), known(n)} {
			// Not in step with the flood.
			time.Sleep(487*time.Millisecond + time.Duration(n)*time.Microsecond)
			running.Go(func() {
				if login(ctx, g, checks, from) {
					ok[kind].Add(1)
				}
			})
		}
	}
	time.Sleep(30 * time.Second)
	stop()
	running.Wait()
	return int(ok[0].Load()), int(ok[1].Load())
}

// come is one connection of the flood.
func (f flood) come(ctx context.Context, g *Gate, checks checks, n uint32) {
	ctx, evict := context.WithTimeout(ctx, time.Minute)
	defer evict()
	v, err := g.Enter(f.from(n), evict)
	if err != nil {
		return
	}
	defer v.Leave()
	v.Waiting(true)
	if !f.guesses {
		<-ctx.Done()
		return
	}
	time.Sleep(time.Millisecond)
	v.Waiting(false)
	if v.Check(ctx) == nil && checks.do(ctx) {
		v.Failed(ctx)
	}
}

// login is one of who may, over a path of some 100 ms.
func login(ctx context.Context, g *Gate, checks checks, from netip.Addr) bool {
	ctx, evict := context.WithTimeout(ctx, time.Minute)
	defer evict()
	v, err := g.Enter(from, evict)
	if err != nil {
		return false
	}
	defer v.Leave()
	v.Waiting(true)
	select {
	case <-time.After(200 * time.Millisecond):
	case <-ctx.Done():
		return false
	}
	v.Waiting(false)
	return v.Check(ctx) == nil && checks.do(ctx) && v.Admit("alice", 0, 0) == nil
}
