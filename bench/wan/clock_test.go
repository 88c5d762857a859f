package wan

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestClockKeepsTheRate(t *testing.T) {
	const packets = 1_000_000
	for _, rate := range []int64{1, 56_000, 100e6, 1e9, 9_999_999_967, 10e9, MaxRate} {
		c := newClock(rate, MaxQueue)
		random := rand.New(rand.NewPCG(1, 2))
		var bits, now int64
		for range packets {
			size := 40 + random.Int64N(MTU-40)
			// The thread is late, by anything up to what waits: it makes no
			// difference.
			now += random.Int64N(c.free - now + 1)
			if rate < 1e6 {
				now = c.free
			}
			if !c.take(now, size) {
				t.Fatalf("%d bit/s: no room after %d bits, %d ns waiting", rate, bits, c.free-now)
			}
			bits += size * 8
			if rate < 1e6 && bits > 20*rate*60 {
				break
			}
		}
		if ideal := float64(bits) / float64(rate) * 1e9; float64(c.free) > ideal+1 || float64(c.free) < ideal-1 {
			// A float has 53 bits: enough for these times.
			t.Errorf("%d bit/s: %d bits took %d ns, want %.0f", rate, bits, c.free, ideal)
		}
	}
}

func TestClockQueue(t *testing.T) {
	const rate, queue = 100e6, 64 << 10
	c := newClock(rate, queue)
	taken := 0
	for c.take(0, MTU) {
		taken++
	}
	if taken != queue/MTU {
		t.Errorf("a queue of %d bytes took %d packets, want %d", queue, taken, queue/MTU)
	}
	if got := c.queueMax(); got < int64(taken*MTU)-1 || got > queue {
		t.Errorf("most that waited: %d bytes, want %d", got, taken*MTU)
	}
	// One packet later there is room for one packet.
	if now := c.lasts(MTU); !c.take(now, MTU) || c.take(now, MTU) {
		t.Error("after the time of one packet there is not room for just one")
	}
}

func TestClockTakesAPacketThatNeedNotWait(t *testing.T) {
	c := newClock(100e6, 1)
	if !c.take(0, MTU) {
		t.Error("an idle link refused a packet")
	}
	if c.take(0, MTU) {
		t.Error("a queue of 1 byte took a packet")
	}
}

func TestClockFitsAgreesWithTake(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	c := newClock(1e9, 128<<10)
	var now int64
	for range 100_000 {
		now += random.Int64N(400_000)
		n := 1 + random.IntN(44)
		if !c.fits(now, int64(n)*MTU) {
			continue
		}
		for range n {
			if !c.take(now, MTU) {
				t.Fatalf("at %d: packets that fit together were refused one by one", now)
			}
		}
	}
}

func TestClockUnlimited(t *testing.T) {
	c := newClock(0, 0)
	for now := range int64(1000) {
		if !c.take(now, 1<<16) || c.free != now {
			t.Fatalf("at %d: not sent at once but at %d", now, c.free)
		}
	}
}

func TestBound(t *testing.T) {
	d := Direction{Rate: 8e9, Delay: time.Second, Jitter: time.Millisecond, Queue: 1e6}
	if got, want := d.bound(), time.Second+2*time.Millisecond; got != want {
		t.Errorf("bound %v, want %v", got, want)
	}
	if got := (Direction{}).bound(); got != 0 {
		t.Errorf("bound of a link that does nothing: %v", got)
	}
}

func BenchmarkClock(b *testing.B) {
	c := newClock(10e9, MaxQueue)
	for b.Loop() {
		c.take(c.free, MTU)
	}
}
