package stats

import (
	"cmp"
	"math"
	"slices"

	"bbftp/bench/trial"
)

// Group is all trials of one cell, with their figures.
type Group struct {
	trial.Cell
	Records    []trial.Record // those that count, in the order given
	Failed     []trial.Record // with an Error, warm-ups too: they say why there is no more
	Unfaithful []trial.Record // without an Error, but not on the path asked for

	Goodput Summary // bit/s, start to end of the client
	// NoStall is Goodput with the peer's own fixed waits taken out of the time.
	// Equal to Goodput unless Stalled.
	NoStall Summary
	Stalled int // Records with such a wait
	// Steady is in bit/s at speed, CPU in CPU seconds of both ends per 10^9
	// bytes. Trials that never came to speed, or whose CPU is not known, are left
	// out of them with a warning.
	Steady, CPU Summary
	// Retransmits are segments in a trial, Setup the seconds before the first
	// payload, stalls included.
	Retransmits Summary
	Setup       Summary

	// Cores are those of the machine, which records do not say: set it from the
	// trial.Environment they name and Explain can tell a busy machine. 0: unknown.
	Cores int
	// Enough says that more streams were measured and bring less than 5 %: then
	// Explain does not advise them. Set it from the knee, too.
	Enough bool
}

// GroupByCell puts the trials of equal cells together and sums them up.
// Warm-ups count only if they failed. The groups are in the order of their
// routes, then of peer, version, compression, size, window and streams,
// whatever the order of a shuffled sweep.
func GroupByCell(records []trial.Record) []Group {
	at := map[trial.Cell]int{}
	var groups []Group
	for _, r := range records {
		if r.Repeat == 0 && r.Error == "" {
			continue
		}
		i, ok := at[r.Cell]
		if !ok {
			i = len(groups)
			at[r.Cell] = i
			groups = append(groups, Group{Cell: r.Cell})
		}
		g := &groups[i]
		switch {
		case r.Error != "":
			g.Failed = append(g.Failed, r)
		case r.Unfaithful != "":
			g.Unfaithful = append(g.Unfaithful, r)
		default:
			g.Records = append(g.Records, r)
		}
	}
	for i := range groups {
		groups[i].sum()
	}
	slices.SortStableFunc(groups, func(a, b Group) int { return compareCells(a.Cell, b.Cell) })
	return groups
}

// sum fills in the figures of the records.
func (g *Group) sum() {
	of := func(figure func(trial.Record) float64) Summary { return Summarize(g.samples(figure)) }
	g.Goodput = of(goodput)
	g.NoStall = of(goodputWithoutStall)
	g.Steady = of(steady)
	g.CPU = of(cpuPerGB)
	g.Retransmits = of(func(r trial.Record) float64 { return float64(r.Retransmits) })
	g.Setup = of(func(r trial.Record) float64 { return r.Setup })
	g.Stalled = 0
	for _, r := range g.Records {
		if r.Stall > 0 {
			g.Stalled++
		}
	}
}

// samples are one figure of each record.
func (g *Group) samples(figure func(trial.Record) float64) []float64 {
	samples := make([]float64, len(g.Records))
	for i, r := range g.Records {
		samples[i] = figure(r)
	}
	return samples
}

func goodput(r trial.Record) float64 { return r.Goodput }

// leastSpeed is how long a speed must last, in seconds: five readings of the
// counters. One reading that came late makes any speed of the next.
const leastSpeed = 0.1

func steady(r trial.Record) float64 {
	if momentary(r) {
		return math.NaN()
	}
	return known(r.Steady)
}

// momentary reports whether the speed of r is too short to be one. Nothing is
// known then of a tail after it.
func momentary(r trial.Record) bool { return r.Steady > 0 && r.Flat < leastSpeed }

func cpuPerGB(r trial.Record) float64 { return known(r.CPUPerGB()) }

// known is v, or NaN for the 0 that stands for a figure not taken.
func known(v float64) float64 {
	if v == 0 {
		return math.NaN()
	}
	return v
}

// goodputWithoutStall is the goodput had the peer not waited. A stall as long
// as the whole trial cannot be taken out of it.
func goodputWithoutStall(r trial.Record) float64 {
	if moving := r.Seconds - r.Stall; r.Stall > 0 && moving > 0 {
		return r.Goodput * (r.Seconds / moving)
	}
	return r.Goodput
}

// compareCells orders cells so that what a reader compares stands together.
func compareCells(a, b trial.Cell) int {
	return cmp.Or(
		compareRoutes(a.Route(), b.Route()),
		cmp.Compare(a.Peer, b.Peer),
		cmp.Compare(a.Version, b.Version),
		compareBools(a.Compressed, b.Compressed),
		cmp.Compare(a.Bytes, b.Bytes),
		cmp.Compare(a.Duration, b.Duration),
		cmp.Compare(a.Window, b.Window),
		cmp.Compare(a.Streams, b.Streams),
	)
}

func compareRoutes(a, b trial.Route) int {
	return cmp.Or(
		cmp.Compare(a.Path, b.Path),
		cmp.Compare(a.Target, b.Target),
		cmp.Compare(unlimitedLast(a.Rate), unlimitedLast(b.Rate)),
		cmp.Compare(a.RTT, b.RTT),
		cmp.Compare(a.Loss, b.Loss),
		cmp.Compare(a.Jitter, b.Jitter),
		cmp.Compare(a.Queue, b.Queue),
		cmp.Compare(a.Congestion, b.Congestion),
		cmp.Compare(a.Direction, b.Direction),
		cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Files, b.Files),
		cmp.Compare(b.Storage, a.Storage), // memory first
	)
}

// unlimitedLast gives the rate 0 its place above all others.
func unlimitedLast(rate int64) float64 {
	if rate == 0 {
		return math.Inf(1)
	}
	return float64(rate)
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
