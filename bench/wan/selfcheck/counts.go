package selfcheck

import (
	"context"
	"fmt"
	"math"
	"time"

	"bbftp/bench/wan"
)

// losses is whether the link loses at random as often as it should, and counts
// each packet it loses.
type losses struct {
	probability float64
	packets     int64
}

// lossRate is that of the flood whose losses are counted: 150,000 packets a
// second, which two cores send, carry and count.
const lossRate = 1800 * mbit

// seed of the paths: which packets are lost depends on it alone.
const seed = 1

func (c losses) describe() Row {
	return Row{
		Check:   "random loss",
		Path:    fmt.Sprintf("unlimited, RTT 0, loss %g %%", 100*c.probability),
		How:     fmt.Sprintf("%s UDP packets of %d bytes", thousands(c.packets), wan.MTU),
		Wanted:  fmt.Sprintf("%s lost, ± 3 sigma", thousands(int64(math.Round(c.probability*float64(c.packets))))),
		Counted: true,
	}
}

func (c losses) measure(ctx context.Context, l lab) (outcome, error) {
	way := wan.Direction{Loss: c.probability}
	t, err := l.flood(ctx, wan.Config{Forward: way, Seed: seed}, lossRate, c.packets, false)
	if err != nil {
		return outcome{}, err
	}
	mean := c.probability * float64(t.link.PacketsIn)
	sigma := math.Sqrt(mean * (1 - c.probability))
	off := (float64(t.link.LostRandom) - mean) / sigma
	row := c.describe()
	row.Measured = fmt.Sprintf("%s lost (%+.1f sigma)", thousands(t.link.LostRandom), off)
	row.Verdict = holdsIf(math.Abs(off) <= 3)
	return outcome{rows: []Row{row, t.row(c.describe())}, report: t.report}, nil
}

// overload is whether a link that is sent more than it carries accounts for each
// packet, and never reorders them, even with jitter.
type overload struct {
	rate    int64
	delay   time.Duration // one way
	jitter  time.Duration
	queue   int64
	packets int64
	back    bool // from server to client
}

func (o overload) describe() Row {
	r := Row{
		Check:   "queue and its drops",
		Path:    fmt.Sprintf("%s, queue %s", bits(o.rate), size(o.queue)),
		How:     fmt.Sprintf("%s UDP packets at %s, delay %v", thousands(o.packets), bits(int64(excessRate*float64(o.rate))), o.delay),
		Wanted:  "full to 2 packets, never above",
		Counted: true,
	}
	if o.jitter > 0 {
		r.Path += fmt.Sprintf(", jitter %v", o.jitter)
	}
	if o.back {
		r.Path += ", back"
	}
	return r
}

func (o overload) measure(ctx context.Context, l lab) (outcome, error) {
	var c wan.Config
	c.Seed = seed
	way := wan.Direction{Rate: o.rate, Delay: o.delay, Jitter: o.jitter, Queue: o.queue}
	if o.back {
		c.Back = way
	} else {
		c.Forward = way
	}
	t, err := l.flood(ctx, c, int64(excessRate*float64(o.rate)), o.packets, o.back)
	if err != nil {
		return outcome{}, err
	}
	row := o.describe()
	row.Measured = fmt.Sprintf("at most %s, %s dropped", size(t.link.QueueMax), thousands(t.link.LostQueue))
	row.Verdict = holdsIf(t.link.QueueMax <= o.queue && t.link.QueueMax > o.queue-2*wan.MTU && t.link.LostQueue > 0)
	return outcome{rows: []Row{row, t.row(o.describe())}, report: t.report}, nil
}

// tally is what became of a flood.
type tally struct {
	sent   int64
	link   wan.Counters // of the flood's direction
	end    done         // of the counting end
	report wan.Report
}

// flood sends packets of MTU size over a path and counts them at the other end.
func (l lab) flood(ctx context.Context, c wan.Config, rate, packets int64, back bool) (tally, error) {
	s, err := l.open(ctx, c)
	if err != nil {
		return tally{}, err
	}
	defer s.close()
	from, to, way := s.path.Client(), s.path.Server(), c.Forward
	if back {
		from, to, way = to, from, c.Back
	}
	counter, err := s.start(to, task{Role: count})
	if err != nil {
		return tally{}, err
	}
	sender, err := s.start(from, task{Role: flood, Target: counter.target, Rate: rate, Packets: packets})
	if err != nil {
		return tally{}, err
	}
	d, err := sender.result()
	if err != nil {
		return tally{}, err
	}
	longest := way.Delay + way.Jitter
	if way.Rate > 0 {
		longest += drain(way.Queue, way.Rate)
	}
	if err := s.drained(back, d.Sent, longest); err != nil {
		return tally{}, err
	}
	counter.stop()
	t := tally{sent: d.Sent}
	if t.end, err = counter.result(); err != nil {
		return tally{}, err
	}
	if t.report, err = s.close(); err != nil {
		return tally{}, err
	}
	t.link = t.report.Forward.Counters
	if back {
		t.link = t.report.Back.Counters
	}
	return t, nil
}

// row is about conservation: sent = received + counted drops, exactly, and in
// the order of sending. What is not the link's is counted too: packets that a
// device's ring or the receiving socket had no room for.
func (t tally) row(like Row) Row {
	like.Check = "sent = received + drops"
	like.Wanted = "none missing, none out of order"
	received := t.end.Received + t.end.Overflowed
	missing := t.sent - received - t.link.LostRandom - t.link.LostQueue - t.link.LostRefused - t.link.LostDevice
	like.Measured = fmt.Sprintf("%s = %s + %s", thousands(t.sent), thousands(received), thousands(t.sent-received-missing))
	if missing != 0 {
		like.Measured += fmt.Sprintf(", %s missing", thousands(missing))
	}
	if t.end.Disordered != 0 {
		like.Measured += fmt.Sprintf(", %s out of order", thousands(t.end.Disordered))
	}
	like.Verdict = holdsIf(missing == 0 && t.end.Disordered == 0 && t.link.PacketsOut == received)
	return like
}
