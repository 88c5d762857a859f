package bench

import (
	"fmt"
	"strings"
	"time"

	"bbftp/bench/scenario"
	"bbftp/bench/stats"
	"bbftp/bench/trial"
)

// Event is a step of a sweep.
type Event struct {
	Cell   trial.Cell
	Repeat int           // 0: a warm-up
	Record *trial.Record // of the trial that has ended; nil: it begins
	// Goodput is of the cell's trials so far, in bit/s.
	Goodput stats.Summary
	// Cells are all of the sweep, Settled those that are done with.
	Cells, Settled int
	// Left is how much longer the sweep will take, Share how much of it is over,
	// by what is known now.
	Left  time.Duration
	Share float64
}

func (s *Sweep) report(p *plan, c *course, repeat int, r *trial.Record) {
	if s.Progress == nil {
		return
	}
	e := Event{Cell: c.sized(), Repeat: repeat, Record: r, Goodput: stats.Summarize(c.goodputs), Cells: len(p.courses)}
	if r != nil {
		e.Cell = r.Cell
	}
	for _, c := range p.courses {
		if c.settled != "" {
			e.Settled++
		}
	}
	spent, left := p.times()
	e.Left = left
	if spent+left > 0 {
		e.Share = spent.Seconds() / (spent + left).Seconds()
	}
	s.Progress(e)
}

// times is what the sweep has taken so far, resumed trials as far as can be
// told, and what it will still take. A cell is judged by its own trials, or
// else by its model, corrected by how wrong that was for others.
func (p *plan) times() (spent, left time.Duration) {
	var took, modelled time.Duration
	for _, c := range p.courses {
		took += c.took
		modelled += time.Duration(c.timed) * estimate(c.cell)
	}
	correction := 1.0
	if modelled > 0 {
		correction = took.Seconds() / modelled.Seconds()
	}
	for _, c := range p.courses {
		each := time.Duration(float64(estimate(c.cell)) * correction)
		if c.timed > 0 {
			each = c.took / time.Duration(c.timed)
		}
		spent += time.Duration(c.trials) * each
		left += time.Duration(c.remaining(p.repeats)) * each
	}
	return spent, left
}

// remaining is how many trials a cell is likely to take: between the least and
// the most, until it is past that.
func (c *course) remaining(r scenario.Repeats) int {
	if c.settled != "" {
		return 0
	}
	return c.warmUps + max((r.Min+r.Max+1)/2-len(c.goodputs), 1)
}

const (
	// overhead is what starting and ending programs and path takes, about.
	overhead = 300 * time.Millisecond
	// handshakes are the round trips before the first payload, about.
	handshakes = 8
	// firstFlight is the payload of the initial congestion window (RFC 6928).
	firstFlight = 10 * stats.MSS
	// longest keeps an estimate within time.Duration, in seconds.
	longest = 1e6
)

// estimate is how long a trial of a cell takes, if its models are right.
func estimate(c trial.Cell) time.Duration {
	rate := min(stats.BoundsOf(c).Least(), presumedRate)
	moving := c.Duration
	if moving == 0 {
		moving = float64(c.Bytes) * 8 / rate
		// Slow start doubles from a first flight each round trip.
		flight := float64(firstFlight * max(c.Streams, 1))
		for n := flight; n < min(rate/8*c.RTT, float64(c.Bytes)); n *= 2 {
			moving += c.RTT
		}
	}
	moving = min(moving, longest)
	return overhead + handshakes*c.RoundTrip() + time.Duration(moving*float64(time.Second))
}

// Estimate is the least and the most time a sweep should take, by models of
// its paths: loss and slow programs make it longer.
func (s *Sweep) Estimate(cells []trial.Cell) (least, most time.Duration) {
	r := s.Scenario.Repeats
	for _, c := range cells {
		least += time.Duration(*r.WarmUp+r.Min) * estimate(c)
		most += time.Duration(*r.WarmUp+r.Max) * estimate(c)
	}
	return least, most
}

// Label words a cell in one line: what a user chose, without what is not set.
func Label(c trial.Cell) string {
	words := []string{c.Peer}
	add := func(when bool, format string, args ...any) {
		if when {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	add(c.Version > 0, "v%d", c.Version)
	add(true, "%s", c.Direction)
	add(c.Kind != "random", "%s", c.Kind)
	add(c.Compressed, "compressed")
	if c.Files > 0 {
		add(true, "%d × %s", c.Files, scenario.FormatSize(c.Bytes/int64(c.Files)))
	} else {
		add(c.Duration == 0 && c.Storage != "", "%s", scenario.FormatSize(c.Bytes))
	}
	add(c.Storage != "", "%s", c.Storage)
	if c.Path == trial.Emulated {
		add(true, "%s", scenario.FormatRate(c.Rate))
		add(true, "%v", c.RoundTrip())
		add(c.Jitter > 0, "jitter %v", time.Duration(c.Jitter*float64(time.Second)))
		add(c.Loss > 0, "loss %.4g%%", 100*c.Loss)
		add(c.Queue > 0, "queue %s", scenario.FormatSize(c.Queue))
		add(c.Congestion != "", "%s", c.Congestion)
	} else {
		add(true, "%s", c.Path)
		add(c.Target != "", "%s", c.Target)
	}
	add(c.Window > 0, "window %s", scenario.FormatSize(c.Window))
	add(c.Streams > 0, "× %d", c.Streams)
	add(c.Streams == 0, "× auto")
	return strings.Join(words, " ")
}
