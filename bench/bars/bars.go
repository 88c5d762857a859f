// Package bars holds what was measured against the bars set for it: each is a
// figure made of medians, with an interval, and the least or the most it may
// be. All of it is made from the records of results files.
package bars

import (
	"math"

	"bbftp/bench/stats"
	"bbftp/bench/trial"
)

// bar is one figure and what it should be.
type bar struct {
	about string
	sets  []set
	of    func(medians []float64) float64
	// The figure is to be at most bound, or at least.
	most  bool
	bound float64
	unit  unit   // of the sets' medians
	ratio bool   // the figure has no unit
	note  string // what to read it with
}

// set is one figure of the trials of one kind of cell.
type set struct {
	name   string // for the reader, behind the median
	cell   trial.Cell
	size   size
	figure func(trial.Record) float64 // NaN: none
}

// Wildcards of trial.Cell.Streams in a set: of several cells, the fastest is
// taken.
const (
	anyStreams  = -1
	manyStreams = -2 // more than one
)

// size chooses among the sizes that were measured.
type size int

const (
	largest size = iota
	smallest
)

// The figures of a trial.
func seconds(r trial.Record) float64 { return r.Seconds }

// working is the time of a trial without a peer's own wait for a lost signal.
// What such a wait costs can't be taken off: other streams move meanwhile.
func working(r trial.Record) float64 {
	if r.Stall > 0 {
		return math.NaN()
	}
	return r.Seconds
}

func goodput(r trial.Record) float64 { return r.Goodput }

func steady(r trial.Record) float64 { return known(r.Steady) }

func cpu(r trial.Record) float64 { return known(r.CPUPerGB()) }

func senderCPU(r trial.Record) float64 {
	used := r.ClientCPU
	if r.Direction == trial.Get {
		used = r.ServerCPU
	}
	return known(used / (float64(r.Bytes) / 1e9))
}

// moving is the rate in bit/s while data streams were at work, by the client's
// own clock.
func moving(r trial.Record) float64 { return float64(r.Bytes) * 8 / known(r.Moving) }

func clientMemory(r trial.Record) float64 { return known(float64(r.ClientMemory)) }
func serverMemory(r trial.Record) float64 { return known(float64(r.ServerMemory)) }

func fileBytes(r trial.Record) float64 { return float64(r.Bytes) }

// known is v, or NaN for the 0 that stands for a figure not taken.
func known(v float64) float64 {
	if v > 0 {
		return v
	}
	return math.NaN()
}

// The ways to make one figure of several medians.
func only(m []float64) float64     { return m[0] }
func quotient(m []float64) float64 { return m[0] / m[1] }

// marginal is the rate in bit/s of what a large file has more than a small one,
// of which fixed waits are no part. The medians are bytes and seconds of the
// large, then of the small.
func marginal(m []float64) float64 {
	if took := m[1] - m[3]; took > 0 {
		return (m[0] - m[2]) * 8 / took
	}
	return math.NaN()
}

// marginalSets are what marginal takes.
func marginalSets(c trial.Cell) []set {
	return []set{
		{"", c, largest, fileBytes},
		{"large file", c, largest, working},
		{"", c, smallest, fileBytes},
		{"small file", c, smallest, working},
	}
}

// result is a bar that was held against the records.
type result struct {
	bar
	groups   []stats.Group // of the sets, as far as they were measured
	counts   []int         // of the trials that the medians are of
	medians  []float64
	estimate stats.Estimate
}

// hold makes the figure of a bar.
func (b bar) hold(groups []stats.Group) result {
	r := result{bar: b, groups: make([]stats.Group, len(b.sets)), counts: make([]int, len(b.sets)), medians: make([]float64, len(b.sets))}
	samples := make([][]float64, len(b.sets))
	for i, s := range b.sets {
		g, found := s.choose(groups)
		if !found {
			r.medians[i] = math.NaN()
			continue
		}
		r.groups[i] = g
		for _, t := range g.Records {
			samples[i] = append(samples[i], s.figure(t))
		}
		sum := stats.Summarize(samples[i])
		if r.counts[i], r.medians[i] = sum.N, math.NaN(); sum.N > 0 {
			r.medians[i] = sum.Median
		}
	}
	r.estimate = stats.EstimateOf(samples, b.of)
	return r
}

// The verdicts.
const (
	met         = "met"
	missed      = "missed"
	notMeasured = "not measured"
	// few is behind those of figures without an interval.
	few = ", on too few trials for an interval"
)

// verdict says whether the bar was met, and how sure that is.
func (r result) verdict() string {
	e := r.estimate
	if !e.Made() {
		return notMeasured
	}
	verdict := missed
	if r.most == (e.Value < r.bound) || e.Value == r.bound {
		verdict = met
	}
	switch {
	case math.IsInf(e.High, 1):
		verdict += few
	case e.Low < r.bound && r.bound < e.High:
		verdict += ", but the interval has both"
	}
	return verdict
}

// latest leaves of each sweep the records of the build that made its last one:
// programs of two builds have no common median.
func latest(f *trial.File) (*trial.File, int) {
	builds := map[string]string{}
	for _, r := range f.Records {
		builds[r.Sweep] = f.Environments[r.Environment].Build
	}
	kept := *f
	kept.Records = nil
	for _, r := range f.Records {
		if f.Environments[r.Environment].Build == builds[r.Sweep] {
			kept.Records = append(kept.Records, r)
		}
	}
	return &kept, len(f.Records) - len(kept.Records)
}

// choose finds the cell of a set: with wildcards, the fastest of those with
// usable trials.
func (s set) choose(groups []stats.Group) (best stats.Group, found bool) {
	for _, g := range groups {
		if len(g.Records) == 0 || !matches(s.cell, g.Cell) {
			continue
		}
		better := !found
		switch {
		case !found:
		case s.size == largest && g.Bytes != best.Bytes:
			better = g.Bytes > best.Bytes
		case s.size == smallest && g.Bytes != best.Bytes:
			better = g.Bytes < best.Bytes
		default:
			better = g.NoStall.Median > best.NoStall.Median
		}
		if better {
			best, found = g, true
		}
	}
	return best, found
}

// matches compares all but sizes and queues.
func matches(wanted, c trial.Cell) bool {
	switch {
	case wanted.Streams == anyStreams, wanted.Streams == manyStreams && c.Streams > 1:
		c.Streams = wanted.Streams
	}
	c.Bytes, c.Queue = wanted.Bytes, wanted.Queue
	return c == wanted
}
