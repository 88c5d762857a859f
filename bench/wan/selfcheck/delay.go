package selfcheck

import (
	"context"
	"fmt"
	"math"
	"time"

	"bbftp/bench/wan"
)

// idle is how exactly a path delays when nothing else is on it: the emulator
// sleeps between packets and has to wake up in time.
type idle struct {
	rtt    time.Duration
	probes int64
}

// medianBound and p99Bound are how late an echo may be, or how early: the link
// takes off what it guesses that its own waking up took.
const (
	medianBound = 100 * time.Microsecond
	p99Bound    = 500 * time.Microsecond
)

// probeInterval is the time between echoes: long enough for the machine to
// fall idle, too long to load a slow link.
const probeInterval = 5 * time.Millisecond

func (i idle) describe() Row {
	return Row{
		Check:  "idle RTT",
		Path:   fmt.Sprintf("unlimited, RTT %v", i.rtt),
		How:    fmt.Sprintf("%d UDP echoes, %v apart", i.probes, probeInterval),
		Wanted: "median ± 0.1 ms, p99 ≤ +0.5 ms",
	}
}

func (i idle) measure(ctx context.Context, l lab) (outcome, error) {
	s, err := l.open(ctx, wan.Symmetric(i.rtt, 0, 0, 0, 0))
	if err != nil {
		return outcome{}, err
	}
	defer s.close()
	d, err := s.probe(i.probes)
	if err != nil {
		return outcome{}, err
	}
	report, err := s.close()
	if err != nil {
		return outcome{}, err
	}
	median, p99 := quantile(d.Trips, 0.5)-i.rtt, quantile(d.Trips, 0.99)-i.rtt
	row := i.describe()
	row.Measured = fmt.Sprintf("median %s, p99 %s", excess(median), excess(p99))
	if d.Lost > 0 {
		row.Measured += fmt.Sprintf(", %d lost", d.Lost)
	}
	row.Verdict = holdsIf(d.Lost == 0 && median.Abs() <= medianBound && p99 <= p99Bound)
	return outcome{rows: []Row{row}, report: report}, nil
}

// saturated is whether a full queue delays by its size over the link's rate. A
// flood above the rate keeps it full; the echoes' packets are small and find
// room where the flood's do not.
type saturated struct {
	rate   int64
	rtt    time.Duration
	probes int64
}

// queueBound is how far from queue/rate the delay may be; excessRate how much
// of the link's rate the flood sends.
const (
	queueBound = 0.05
	excessRate = 1.5
)

func (q saturated) queue() int64 { return wan.DefaultQueue(q.rate, q.rtt) }

// wait is how long the queue takes to drain.
func (q saturated) wait() time.Duration { return drain(q.queue(), q.rate) }

func (q saturated) describe() Row {
	return Row{
		Check:  "delay of a full queue",
		Path:   fmt.Sprintf("%s, RTT %v, queue %s", bits(q.rate), q.rtt, size(q.queue())),
		How:    fmt.Sprintf("%d UDP echoes under a flood of %s", q.probes, bits(int64(excessRate*float64(q.rate)))),
		Wanted: fmt.Sprintf("%s ± 5 %%", millis(q.wait())),
	}
}

func (q saturated) measure(ctx context.Context, l lab) (outcome, error) {
	s, err := l.open(ctx, wan.Symmetric(q.rtt, 0, q.rate, 0, q.queue()))
	if err != nil {
		return outcome{}, err
	}
	defer s.close()
	target, err := s.start(s.path.Server(), task{Role: count})
	if err != nil {
		return outcome{}, err
	}
	if _, err := s.start(s.path.Client(), task{Role: flood, Target: target.target, Rate: int64(excessRate * float64(q.rate))}); err != nil {
		return outcome{}, err
	}
	if err := s.overflows(); err != nil {
		return outcome{}, err
	}
	d, err := s.probe(q.probes)
	if err != nil {
		return outcome{}, err
	}
	report, err := s.close()
	if err != nil {
		return outcome{}, err
	}
	if len(d.Trips) == 0 {
		return outcome{}, fmt.Errorf("none of %d echoes came back", q.probes)
	}
	delay := quantile(d.Trips, 0.5) - q.rtt
	off := delay.Seconds()/q.wait().Seconds() - 1
	row := q.describe()
	row.Measured = fmt.Sprintf("%s (%+.1f %%)", millis(delay), 100*off)
	// Echoes that are lost could be just those that waited longest.
	row.Verdict = holdsIf(math.Abs(off) <= queueBound && int64(len(d.Trips)) >= q.probes-q.probes/20)
	return outcome{rows: []Row{row}, report: report}, nil
}

// probe measures round trips between the hosts.
func (s *scene) probe(probes int64) (done, error) {
	to, err := s.start(s.path.Server(), task{Role: echo})
	if err != nil {
		return done{}, err
	}
	from, err := s.start(s.path.Client(), task{Role: probe, Target: to.target, Packets: probes, Interval: probeInterval})
	if err != nil {
		return done{}, err
	}
	return from.result()
}

// overflows waits until the forward queue has been full.
func (s *scene) overflows() error {
	for {
		if forward, _ := s.path.Counters(); forward.LostQueue > 0 {
			return nil
		}
		select {
		case <-s.ctx.Done():
			return fmt.Errorf("wait for a full queue: %w", context.Cause(s.ctx))
		case <-time.After(time.Millisecond):
		}
	}
}

// quantile is the p-quantile of sorted values; 0 of none.
func quantile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(p*float64(len(sorted))), len(sorted)-1)]
}

// drain is how long bytes take at a rate.
func drain(bytes, rate int64) time.Duration {
	return time.Duration(float64(bytes) * 8 / float64(rate) * float64(time.Second))
}

// amount is how many bytes a rate carries in d.
func amount(rate int64, d time.Duration) int64 { return int64(float64(rate) / 8 * d.Seconds()) }
