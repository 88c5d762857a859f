package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

// resamples is how often a bootstrap draws: the ends of the interval then move
// by less than what a third digit shows (Efron and Tibshirani 1993, 13.3, ask
// for 1000 and more).
const resamples = 2000

// bootstrapSeed fixes the draws, so that a report made twice from the same
// records says the same.
const bootstrapSeed = 1997

// leastForBootstrap is how many samples a side must have before its interval is
// told: it never leaves what the samples allow, so that of one sample it has no
// width, and of three it holds the median in three cases of four.
const leastForBootstrap = 5

// bootstrap encloses the ratio of the medians of sorted samples a and b with
// Confidence: the percentile method over resamples draws with replacement from
// each side. It holds the true ratio in 95 to 97 % of simulated sweeps of
// leastForBootstrap to 25 normal samples a side.
//
// A resample whose median of b is 0 has no ratio and counts as the largest.
func bootstrap(a, b []float64) (low, high float64) {
	random := rand.New(rand.NewPCG(bootstrapSeed, resamples))
	var drawnA, drawnB drawer
	ratios := make([]float64, resamples)
	for i := range ratios {
		r := ratioOf(drawnA.median(random, a), drawnB.median(random, b))
		if math.IsNaN(r) {
			r = math.Inf(1)
		}
		ratios[i] = r
	}
	slices.Sort(ratios)
	tail := int(math.Floor((1 - Confidence) / 2 * resamples))
	return ratios[tail], ratios[resamples-1-tail]
}

// drawer draws resamples without sorting each: the samples being sorted, it is
// enough to count how often each was drawn.
type drawer struct{ times []int }

// median is that of a resample of the sorted samples.
func (d *drawer) median(random *rand.Rand, sorted []float64) float64 {
	n := len(sorted)
	d.times = slices.Grow(d.times[:0], n)[:n]
	clear(d.times)
	for range n {
		d.times[random.IntN(n)]++
	}
	return d.rank(sorted, (n-1)/2)/2 + d.rank(sorted, n/2)/2
}

// rank is the sample at place k, from 0, of the drawn ones in order.
func (d *drawer) rank(sorted []float64, k int) float64 {
	for i, times := range d.times {
		if k -= times; k < 0 {
			return sorted[i]
		}
	}
	return sorted[len(sorted)-1]
}
