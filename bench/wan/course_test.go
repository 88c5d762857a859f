package wan

import (
	"math/rand/v2"
	"testing"
	"time"
)

// bench is a course without devices: the test says what time it is.
type bench struct {
	t testing.TB
	*course
	dues []int64 // of the pieces delivered
}

func newBench(t testing.TB, d Direction, seed uint64) *bench {
	bytes, pieces := ringSize(d)
	r := &ring{frames: make([]byte, bytes), pieces: make([]piece, pieces)}
	return &bench{t: t, course: newCourse(r, d, 0, seed)}
}

// send copies what anybody looks at of a frame: its headers and its last byte.
func (b *bench) send(now int64, frame []byte) {
	b.t.Helper()
	room := b.room()
	if room == nil {
		b.t.Fatalf("no room at %d", now)
	}
	room = room[:len(frame)]
	copy(room, frame[:min(len(frame), maxHeader)])
	room[len(room)-1] = frame[len(frame)-1]
	if _, err := b.accept(now, room); err != nil {
		b.t.Fatal(err)
	}
}

// receive delivers what is due by now.
func (b *bench) receive(now int64) {
	for p := b.oldest(); p != nil && p.due <= now; p = b.oldest() {
		b.dues = append(b.dues, p.due)
		b.arrived(p)
	}
}

func (b *bench) checkConserved() {
	b.t.Helper()
	c := b.counters()
	if out := c.PacketsOut + c.LostRandom + c.LostQueue + c.LostRefused + b.held(); c.PacketsIn != out {
		b.t.Errorf("%d packets came in, %d are accounted for: %+v and %d on their way", c.PacketsIn, out, c, b.held())
	}
}

func TestCourseConservesPackets(t *testing.T) {
	for _, d := range []Direction{
		{},
		{Delay: 5 * time.Millisecond, Loss: 0.2},
		{Rate: 1e9, Delay: time.Millisecond, Queue: 64 << 10},
		{Rate: 100e6, Delay: 10 * time.Millisecond, Jitter: 3 * time.Millisecond, Loss: 0.01, Queue: 256 << 10},
		{Rate: 10e9, Delay: time.Millisecond, Loss: 1, Queue: 1 << 20},
	} {
		b := newBench(t, d, 5)
		random := rand.New(rand.NewPCG(1, 1))
		frame := super(false, 0, 1448, 60_000)
		var now int64
		for range 3_000 {
			now += random.Int64N(300_000)
			b.send(now, frame[:len(frame)-random.IntN(60_000)])
			b.receive(now)
		}
		b.checkConserved()
		b.receive(1 << 62)
		b.checkConserved()
		if c := b.counters(); b.held() != 0 || d.Loss == 1 && c.PacketsOut != 0 || d.Loss < 1 && c.PacketsOut == 0 {
			t.Errorf("%+v: in the end %+v, %d on their way", d, c, b.held())
		}
		for i := 1; i < len(b.dues); i++ {
			if b.dues[i] < b.dues[i-1] {
				t.Fatalf("%+v: piece %d is due before the one that came earlier", d, i)
			}
		}
	}
}

// However late the thread is, the link sends at its rate.
func TestCourseRateDoesNotDependOnTheThread(t *testing.T) {
	const rate, frames = 1e9, 5_000
	random := rand.New(rand.NewPCG(2, 2))
	for _, late := range []int64{10e3, 1e6, 20e6} {
		b := newBench(t, Direction{Rate: rate, Delay: 5 * time.Millisecond, Queue: 16 << 20}, 1)
		frame := super(false, 0, 1448, 40*1448)
		var now int64
		for range frames {
			for !b.clock.fits(now, 40*MTU) {
				now += 1 + random.Int64N(late)
				b.receive(now)
			}
			b.send(now, frame)
		}
		b.receive(1 << 62)
		took := float64(b.dues[len(b.dues)-1]) - 5e6
		if want := frames * 40 * MTU * 8e9 / rate; took < want || took > want+1 {
			t.Errorf("thread up to %d ns late: took %.0f ns, want %.0f", late, took, want)
		}
	}
}

func TestCourseQueueDelay(t *testing.T) {
	const queue = 1 << 20
	b := newBench(t, Direction{Rate: 100e6, Delay: time.Millisecond, Queue: queue}, 1)
	for range 100 {
		b.send(0, super(false, 0, 1448, 44*1448))
	}
	b.receive(1 << 62)
	want := int64(time.Millisecond) + queue*8*10
	if got := b.dues[len(b.dues)-1]; got > want || got < want-want/100 {
		t.Errorf("the last packet of a full queue came after %d ns, want %d", got, want)
	}
	if c := b.counters(); c.PacketsOut != queue/MTU || c.QueueMax < queue-MTU {
		t.Errorf("%d packets of %d bytes found room in %d, at most %d waited", c.PacketsOut, MTU, queue, c.QueueMax)
	}
}

func TestCourseDeliversInGrains(t *testing.T) {
	for _, test := range []struct {
		rate   int64
		pieces int
	}{{10e9, 1}, {1e9, 6}, {100e6, 44}, {0, 1}} {
		b := newBench(t, Direction{Rate: test.rate, Delay: time.Millisecond, Queue: 1 << 20}, 1)
		b.send(0, super(false, 0, 1448, 44*1448))
		b.receive(1 << 62)
		if len(b.dues) != test.pieces {
			t.Errorf("%d bit/s: delivered in %d pieces, want %d", test.rate, len(b.dues), test.pieces)
		}
		if end := b.clock.lasts(44*MTU) + 1e6; b.dues[len(b.dues)-1] != end {
			t.Errorf("%d bit/s: the last came at %d, want %d", test.rate, b.dues[len(b.dues)-1], end)
		}
	}
}

func TestCourseLossIsPerPacket(t *testing.T) {
	const frames, p = 25_000, 0.01 // 10^6 packets: sigma is 1 % of what is lost
	b := newBench(t, Direction{Loss: p, Delay: time.Millisecond}, 3)
	frame := super(false, 0, 1448, 40*1448)
	for i := range int64(frames) {
		b.send(i*1e6, frame)
		b.receive(i * 1e6)
	}
	c := b.counters()
	if got, want := float64(c.LostRandom), p*float64(c.PacketsIn); got < want*0.96 || got > want*1.04 {
		t.Errorf("lost %.0f of %d packets, want %.0f", got, c.PacketsIn, want)
	}
	if c.PacketsIn != frames*40 {
		t.Errorf("%d packets came in, want %d", c.PacketsIn, frames*40)
	}
}

func TestRingIsUsedAgainAndAgain(t *testing.T) {
	b := newBench(t, Direction{Rate: 1e9, Delay: 2 * time.Millisecond, Queue: 1 << 20}, 1)
	random := rand.New(rand.NewPCG(4, 4))
	var now, sent, marked int64
	for sent < 10*int64(len(b.frames)) {
		now += 400_000
		frame := super(false, 0, 1448, 1+random.IntN(50_000))
		frame[len(frame)-1] = byte(now / 400_000)
		before := b.next
		b.send(now, frame)
		sent += int64(len(frame))
		if b.next == before {
			t.Fatal("a packet was lost")
		}
		for p := b.oldest(); p != nil && p.due <= now; p = b.oldest() {
			if p.first+p.many == p.count {
				marked++
				if got := b.frame(p)[p.end-1]; got != byte(marked) {
					t.Fatalf("frame %d ends with %d: overwritten", marked, got)
				}
			}
			b.arrived(p)
		}
	}
}

func TestRingFull(t *testing.T) {
	b := newBench(t, Direction{Delay: time.Microsecond}, 1)
	frame := super(false, 0, 1448, 60_000)
	n := 0
	for room := b.room(); room != nil; room = b.room() {
		b.send(0, frame)
		n++
	}
	if n < 8 {
		t.Errorf("room for %d frames only", n)
	}
	b.receive(1 << 62)
	b.checkConserved()
	if b.room() == nil {
		t.Error("no room in an empty ring")
	}
}

func TestCourseIgnoresWhatIsNotIP(t *testing.T) {
	b := newBench(t, Direction{}, 1)
	if _, err := b.accept(0, make([]byte, 60)); err != errNotIP {
		t.Errorf("an empty frame: %v", err)
	}
	odd := super(false, 0, 1448, 3000)
	odd[virtioKind] = 3
	if _, err := b.accept(0, odd); err != errOffload {
		t.Errorf("an unknown offload: %v", err)
	}
	if c := b.counters(); c.PacketsIn != 1 || c.LostRefused != 1 {
		t.Errorf("counted %+v", c)
	}
}

func BenchmarkCourse(b *testing.B) {
	c := newBench(b, Direction{Rate: 10e9, Delay: time.Millisecond, Queue: 1 << 20, Loss: 1e-4}, 1)
	frame := super(false, 0, 1448, 44*1448)
	room := c.room()
	copy(room, frame)
	b.ReportAllocs()
	for b.Loop() {
		room := c.room()[:len(frame)]
		copy(room, frame[:virtioHeaderLen+52])
		_, _ = c.accept(c.clock.free, room)
		for p := c.oldest(); p != nil; p = c.oldest() {
			c.arrived(p)
		}
	}
}
