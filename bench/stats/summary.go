// Package stats says what a sweep's figures mean: medians with intervals,
// comparisons that may fail to find a difference, the textbook bounds of a
// path, and a sentence on what held a transfer back. All of it is pure: equal
// input gives equal output, and nothing is read or written.
package stats

import (
	"fmt"
	"math"
	"slices"

	"github.com/montanaflynn/stats"
	"golang.org/x/perf/benchmath"
)

// Confidence is the level asked of every interval.
const Confidence = 0.95

// Alpha is the level of every test: 1 - Confidence.
const Alpha = 0.05

// tukey is the reach of Tukey's inner fences, in interquartile ranges beyond
// the quartiles (Exploratory Data Analysis, 1977).
const tukey = 1.5

// Summary describes repeats of one measurement, in its unit.
type Summary struct {
	N      int // samples that are numbers; only they count below
	Median float64
	// Low and High enclose the median with at least Confidence, being two of the
	// samples (order statistics). Fewer samples than that takes: ∓Inf.
	Low, High, Confidence  float64
	Min, Max, Mean, StdDev float64 // StdDev of the sample, 0 for one
	// Outliers are indexes into what was given to Summarize, beyond Tukey's
	// fences. They are named, not left out: the median bears them.
	Outliers []int
	Warnings []string
}

// Summarize describes the samples. They keep their order; NaN and infinities
// are left out with a warning. Of no samples all figures are 0, and the
// interval is infinite.
func Summarize(samples []float64) Summary {
	used, where := finite(samples)
	s := Summary{N: len(used), Low: math.Inf(-1), High: math.Inf(1)}
	if left := len(samples) - len(used); left > 0 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%d of %s left out: no figure", left, count(len(samples), "sample")))
	}
	if s.N == 0 {
		s.Warnings = append(s.Warnings, "no samples")
		return s
	}

	// The errors of these are about too few samples, which are seen to.
	data := stats.Float64Data(used)
	s.Median, _ = data.Median()
	s.Min, _ = data.Min()
	s.Max, _ = data.Max()
	s.Mean, _ = data.Mean()
	if s.N > 1 {
		s.StdDev, _ = data.StandardDeviationSample()
	}
	s.Outliers = outliers(used, where)

	// NewSample sorts what it is given.
	ordered := benchmath.NewSample(slices.Clone(used), &benchmath.DefaultThresholds)
	ci := benchmath.AssumeNothing.Summary(ordered, Confidence)
	s.Low, s.High, s.Confidence = ci.Lo, ci.Hi, ci.Confidence
	if math.IsInf(s.Low, 0) || math.IsInf(s.High, 0) {
		// Half an interval bounds nothing: five samples have one end of it.
		s.Low, s.High, s.Confidence = math.Inf(-1), math.Inf(1), 1
		s.Warnings = append(s.Warnings, fmt.Sprintf("%s cannot enclose the median at %.0f %%: it takes %d",
			count(s.N, "sample"), 100*Confidence, samplesForInterval()))
	}
	return s
}

// RelativeWidth is half the interval's width as a part of the median: 0.02 for
// ±2 %. +Inf if there is no interval, or none that a median of 0 could measure.
func (s Summary) RelativeWidth() float64 {
	half := s.High/2 - s.Low/2
	switch {
	case s.N == 0 || math.IsInf(half, 0) || math.IsNaN(half):
		return math.Inf(1)
	case half == 0:
		return 0
	}
	return half / math.Abs(s.Median)
}

// samplesForInterval is the fewest samples whose extremes enclose the median
// at Confidence: both miss it with a chance of 2 × (1/2)^n.
func samplesForInterval() int {
	return int(math.Ceil(1 - math.Log2(1-Confidence)))
}

// finite returns the numbers among the samples and their indexes.
func finite(samples []float64) (used []float64, where []int) {
	for i, v := range samples {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			used, where = append(used, v), append(where, i)
		}
	}
	return used, where
}

// outliers returns the places of the samples beyond Tukey's fences. Fewer than
// four have no quartiles worth the name.
func outliers(samples []float64, where []int) []int {
	if len(samples) < 4 {
		return nil
	}
	q, err := stats.Quartile(samples)
	if err != nil {
		return nil
	}
	reach := tukey * (q.Q3 - q.Q1)
	var out []int
	for i, v := range samples {
		if v < q.Q1-reach || v > q.Q3+reach {
			out = append(out, where[i])
		}
	}
	return out
}
