package selfcheck

import (
	"context"
	"fmt"
	"math"
	"time"

	"bbftp/bench/wan"
)

// goodput is whether one TCP stream gets all of the link.
//
// The sender keeps standing more under way than the link holds: it is never idle
// and its queue never full, so that nothing is lost, and slow start, which Reno
// does not end before a loss, brings it there on any link. How fast algorithms
// recover and search is not the emulator's to prove.
type goodput struct {
	rate   int64
	rtt    time.Duration
	window time.Duration // how long to count
}

// congestion is the algorithm of the bulk streams.
const congestion = "reno"

// goodputBound is how far from the link's limit the stream may be, coresBound
// how much of a core the emulator may take at full load of coresRate.
const (
	goodputBound = 0.01
	coresBound   = 1.0
	coresRate    = 10 * gbit
)

// standing is how long what waits in the queue lasts: longer than the sender may
// be kept from a core. The queue has room for all that is under way, headers
// too: slow start sends it in bursts.
const standing = 20 * time.Millisecond

// bulkPause is between the ends' looks at their sockets.
const bulkPause = 250 * time.Microsecond

// rampTrips is how many round trips slow start may take: from 10 packets to
// 10 Gbit/s × 100 ms are 14 doublings, the last ones with a longer queue.
const rampTrips = 25

// payload is the share of TCP payload in a full packet: timestamps are on.
const payload = 1448.0 / wan.MTU

func (g goodput) skip() time.Duration { return time.Second + rampTrips*g.rtt }

func (g goodput) describe() Row {
	return Row{
		Check:  "TCP goodput",
		Path:   fmt.Sprintf("%s, RTT %v", bits(g.rate), g.rtt),
		How:    fmt.Sprintf("1 stream, %s, %v of it in the queue; %v after the first %v", congestion, standing, g.window, g.skip()),
		Wanted: fmt.Sprintf("%s ± 1 %%", precise(float64(g.rate)*payload)),
	}
}

func (g goodput) measure(ctx context.Context, l lab) (outcome, error) {
	t := task{
		InFlight: amount(g.rate, g.rtt+standing),
		Pause:    bulkPause,
		Skip:     g.skip(), Window: g.window,
	}
	c := wan.Symmetric(g.rtt, 0, g.rate, 0, t.InFlight*5/4)
	got, report, err := transfer(ctx, l, c, t)
	if err != nil {
		return outcome{}, err
	}
	row := g.describe()
	off := got/(float64(g.rate)*payload) - 1
	row.Measured = fmt.Sprintf("%s (%+.2f %%)", precise(got), 100*off)
	row.Verdict = holdsIf(math.Abs(off) <= goodputBound)
	out := outcome{rows: []Row{row}, report: report}
	if g.rate == coresRate {
		out.rows = append(out.rows, g.cores(report))
	}
	return out, nil
}

// cores is the emulator's CPU time for as long as the link takes to carry what
// it carried.
func (g goodput) cores(r wan.Report) Row {
	row := g.describe()
	row.Check = "emulator's CPU"
	row.Wanted = "≤ 1 core"
	busy := float64(r.Forward.BytesOut) * 8 / float64(g.rate)
	cores := r.CPU.Seconds() / busy
	row.Measured = fmt.Sprintf("%.2f cores", cores)
	row.Verdict = holdsIf(cores <= coresBound)
	return row
}

// passThrough is what the emulator can carry when it holds nothing up.
type passThrough struct{ window time.Duration }

// What is under way stays small enough for the processor's caches, and the ends
// work in pieces large enough to leave it to the emulator in between.
const (
	passThroughBound    = 40 * gbit
	passThroughInFlight = 4 << 20
	passThroughPause    = 100 * time.Microsecond
)

func (p passThrough) describe() Row {
	return Row{
		Check:  "pass-through",
		Path:   "unlimited, RTT 0",
		How:    fmt.Sprintf("1 stream, %s, 4 MiB in flight; %v after the first 1s", congestion, p.window),
		Wanted: "≥ " + bits(passThroughBound),
	}
}

func (p passThrough) measure(ctx context.Context, l lab) (outcome, error) {
	got, report, err := transfer(ctx, l, wan.Config{}, task{
		InFlight: passThroughInFlight, Pause: passThroughPause, Skip: time.Second, Window: p.window,
	})
	if err != nil {
		return outcome{}, err
	}
	row := p.describe()
	row.Measured = precise(got)
	row.Verdict = holdsIf(got >= float64(passThroughBound))
	return outcome{rows: []Row{row}, report: report}, nil
}

// transfer fills a path with a TCP stream and returns the payload that reached
// its reader, in bit/s. t says how much is in flight and what to count.
func transfer(ctx context.Context, l lab, c wan.Config, t task) (float64, wan.Report, error) {
	c.Congestion = congestion
	s, err := l.open(ctx, c)
	if err != nil {
		return 0, wan.Report{}, err
	}
	defer s.close()
	t.Role, t.Streams = sink, 1
	to, err := s.start(s.path.Server(), t)
	if err != nil {
		return 0, wan.Report{}, err
	}
	t.Role, t.Target = bulk, to.target
	if _, err := s.start(s.path.Client(), t); err != nil {
		return 0, wan.Report{}, err
	}
	d, err := to.result()
	if err != nil {
		return 0, wan.Report{}, err
	}
	report, err := s.close()
	return float64(d.Bytes) * 8 / d.Span.Seconds(), report, err
}

func holdsIf(ok bool) Verdict {
	if ok {
		return Holds
	}
	return Misses
}
