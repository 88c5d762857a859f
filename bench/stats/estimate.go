package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Estimate is a figure that was made of medians, with the interval that
// encloses it with Confidence; NaN and ∓Inf if there is none.
type Estimate struct{ Value, Low, High float64 }

// Made reports whether there is a figure.
func (e Estimate) Made() bool { return !math.IsNaN(e.Value) }

// EstimateOf makes a figure of the medians of several sets of samples. Its
// interval is that of the percentile bootstrap; there is none where a set has
// fewer samples than one takes. Samples that are no numbers are left out; without
// any in one of the sets there is no figure.
func EstimateOf(sets [][]float64, of func(medians []float64) float64) Estimate {
	none := Estimate{math.NaN(), math.Inf(-1), math.Inf(1)}
	sorted := make([][]float64, len(sets))
	medians := make([]float64, len(sets))
	few := false
	for i, set := range sets {
		sorted[i], _ = finite(set)
		if len(sorted[i]) == 0 {
			return none
		}
		few = few || len(sorted[i]) < leastForBootstrap
		slices.Sort(sorted[i])
		medians[i] = middle(sorted[i])
	}
	e := none
	e.Value = of(medians)
	switch {
	case math.IsNaN(e.Value) || math.IsInf(e.Value, 0):
		return none
	case few:
		return e
	}
	random := rand.New(rand.NewPCG(bootstrapSeed, resamples))
	var drawn drawer
	figures := make([]float64, 0, resamples)
	for range resamples {
		for i, set := range sorted {
			medians[i] = drawn.median(random, set)
		}
		// A draw without a figure could be anything: it widens both ends.
		if v := of(medians); !math.IsNaN(v) {
			figures = append(figures, v)
		}
	}
	slices.Sort(figures)
	tail := int(math.Floor((1-Confidence)/2*resamples)) - (resamples-len(figures))/2
	if tail < 0 || len(figures) == 0 {
		return e
	}
	e.Low, e.High = figures[tail], figures[len(figures)-1-tail]
	return e
}
