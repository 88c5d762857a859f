package observe

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// machine is this machine as a host.
type machine struct{}

func (machine) Do(f func() error) error { return f() }

type closed struct{}

var errClosed = errors.New("closed")

func (closed) Do(func() error) error { return errClosed }

func TestStartFails(t *testing.T) {
	for _, o := range []Options{{Client: closed{}}, {Client: machine{}, Server: closed{}}} {
		if _, err := Start(o); !errors.Is(err, errClosed) {
			t.Errorf("error is %v", err)
		}
	}
	if _, err := Start(Options{}); err == nil {
		t.Error("no client, no error")
	}
}

// TestCounters watches a link whose counter goes on with every look.
func TestCounters(t *testing.T) {
	var looks atomic.Int64
	seen := make(chan struct{})
	before := time.Now()
	o, err := Start(Options{Client: machine{}, Interval: 4 * time.Millisecond, Counters: func() int64 {
		n := looks.Add(1)
		if n == 20 {
			close(seen)
		}
		return n * 1000
	}})
	if err != nil {
		t.Fatal(err)
	}
	<-seen
	got := o.Stop()
	if n := len(got.Progress.Time); n < 20 || got.Progress.Bytes[0] != 1000 || got.Progress.Bytes[n-1] != looks.Load()*1000 {
		t.Errorf("after %d looks: progress %v", looks.Load(), got.Progress)
	}
	if !slices.IsSorted(got.Progress.Time) || got.Origin.Before(before) {
		t.Errorf("origin %v, times %v", got.Origin, got.Progress.Time)
	}
	if again := o.Stop(); len(again.Progress.Time) != len(got.Progress.Time) {
		t.Error("a second Stop says something else")
	}
}

// TestCourse fills one up: pauses take no room, and the end is always there.
func TestCourse(t *testing.T) {
	var c course
	for i := range 5000 {
		c.add(float64(i)/100, 7) // a pause
	}
	if p := c.progress(); len(p.Time) != 2 || p.Time[1] != 49.99 {
		t.Errorf("a pause: %v", p.Time)
	}
	const calls = 5*maxTicks + 1
	for i := range calls {
		c.add(50+float64(i)/100, int64(1000*(i+1)))
	}
	p := c.progress()
	n := len(p.Time)
	if n > maxTicks+1 || n < maxTicks/2 {
		t.Errorf("%d points of %d", n, calls)
	}
	if p.Bytes[0] != 7 || p.Bytes[n-1] != 1000*calls || p.Time[n-1] != 50+(calls-1)/100.0 {
		t.Errorf("from %v %v to %v %v", p.Time[0], p.Bytes[0], p.Time[n-1], p.Bytes[n-1])
	}
	if !slices.IsSorted(p.Time) || !slices.IsSorted(p.Bytes) {
		t.Error("not in order")
	}
}

// TestThin fills an observer up with samples of a connection that goes on and
// one that ends.
func TestThin(t *testing.T) {
	for end := range 12 {
		o := &Observer{interval: time.Second, hosts: []*namespace{{}}}
		long, short := &connection{}, &connection{}
		o.hosts[0].connections = []*connection{long, short}
		const ticks = 3*maxTicks + 5
		for i := range ticks {
			o.tick()
			at := len(o.times) - 1
			o.times[at] = float64(i)
			long.add(at, figures{received: int64(i)})
			if i <= end {
				short.add(at, figures{received: int64(i)})
			}
		}
		// Full with maxTicks, and half as many more each time.
		if len(o.times) > maxTicks || o.interval != 32*time.Second {
			t.Errorf("%d ticks, interval %v", len(o.times), o.interval)
		}
		for _, c := range []*connection{long, short} {
			s := c.series(o.times)
			n := len(s.Time)
			if n > maxSeries+1 || !slices.IsSorted(s.Time) || s.Received[n-1] != c.last().received {
				t.Errorf("a connection of %d samples: %d left, the last %d", len(c.samples), n, s.Received[n-1])
			}
		}
		if last := long.last().received; last != ticks-1 || short.last().received != int64(end) {
			t.Errorf("totals %d and %d", last, short.last().received)
		}
		sum := o.sum([]*connection{long, short}, taken)
		if n := len(sum.Bytes); sum.Bytes[n-1] != int64(ticks-1+end) || !slices.IsSorted(sum.Bytes) {
			t.Errorf("sum ends at %d", sum.Bytes[n-1])
		}
	}
}

func TestRetransmits(t *testing.T) {
	const table = "Ip: Forwarding\nIp: 2\nTcp: RtoAlgorithm RtoMin RetransSegs InErrs\nTcp: 1 200 26915 0\nUdp: RetransSegs\nUdp: 5\n"
	if n, err := retransmits(table); n != 26915 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	for _, bad := range []string{"", "Tcp: RetransSegs\n", "Tcp: RetransSegs\nTcp:\n", "Tcp: RetransSegs\nTcp: x\n", "Tcp: Other\nTcp: 5\n"} {
		if n, err := retransmits(bad); err == nil {
			t.Errorf("%q: %d", bad, n)
		}
	}
}

func FuzzRetransmits(f *testing.F) {
	f.Add("Tcp: RetransSegs\nTcp: 5\n")
	f.Fuzz(func(_ *testing.T, table string) { _, _ = retransmits(table) })
}
