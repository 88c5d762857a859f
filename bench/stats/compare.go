package stats

import (
	"fmt"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// Comparison is what two sets of samples say about each other.
type Comparison struct {
	// Ratio is the median of a over the median of b; NaN if there is none, one
	// side having no samples or b a median that is not above 0.
	Ratio float64
	// Low and High enclose the ratio with Confidence (bootstrap); ∓Inf if there is
	// no ratio, or fewer samples on a side than an interval takes.
	Low, High float64
	P         float64 // of the Mann-Whitney U test, two-sided; 1 if it can't be made
	// Different says that a difference can be claimed: P is below Alpha and the
	// interval leaves 1 out. Neither is taken alone, because the interval of a
	// handful of samples is optimistic and the test knows only ranks.
	Different bool
	// Verdict is "2.41 × (2.20–2.60)", without an interval "2.41 × (p = 0.029, n = 4
	// and 4)", or "no difference can be claimed (p = 0.31, n = 5 and 5)", or why
	// there is nothing to compare.
	Verdict  string
	Warnings []string
}

// Compare sets samples a against samples b, which are of one unit and, as all
// we measure, not negative. NaN and infinities are left out with a warning.
func Compare(a, b []float64) Comparison {
	used, _ := finite(a)
	against, _ := finite(b)
	c := Comparison{Ratio: math.NaN(), Low: math.Inf(-1), High: math.Inf(1), P: 1}
	if left := len(a) + len(b) - len(used) - len(against); left > 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("%s left out: no figure", count(left, "sample")))
	}
	if len(used) == 0 || len(against) == 0 {
		c.Verdict = fmt.Sprintf("nothing to compare (n = %d and %d)", len(used), len(against))
		return c
	}
	slices.Sort(used)
	slices.Sort(against)
	if used[0] < 0 || against[0] < 0 {
		c.Verdict = "nothing to compare (negative samples have no ratio)"
		return c
	}

	c.P = rankTest(used, against)
	c.Ratio = ratioOf(middle(used), middle(against))
	if math.IsNaN(c.Ratio) {
		c.Verdict = "no ratio (the median compared with is 0, or next to it)"
		return c
	}
	c.Low, c.High = bootstrap(used, against)
	c.Different = c.P < Alpha && (c.Low > 1 || c.High < 1)
	c.judge(len(used), len(against))
	if min(len(used), len(against)) < leastForBootstrap {
		c.Low, c.High = math.Inf(-1), math.Inf(1)
	}
	return c
}

// judge puts the comparison of n and m samples into words.
func (c *Comparison) judge(n, m int) {
	least := leastP(n, m)
	switch {
	case c.Different && min(n, m) < leastForBootstrap:
		c.Verdict = fmt.Sprintf("%s (p = %s, n = %d and %d)", FormatRatio(c.Ratio), formatP(c.P), n, m)
	case c.Different:
		c.Verdict = fmt.Sprintf("%s (%s–%s)", FormatRatio(c.Ratio), digits(c.Low), digits(c.High))
	case least >= Alpha:
		c.Verdict = fmt.Sprintf("no difference can be claimed (n = %d and %d are too few)", n, m)
		c.Warnings = append(c.Warnings, fmt.Sprintf("n = %d and %d can never reach p < %v, at best %s: it takes %d each",
			n, m, Alpha, digits(least), samplesForTest()))
	case c.P < Alpha:
		c.Verdict = fmt.Sprintf("no difference can be claimed (p = %s, but 1 lies within %s–%s)", formatP(c.P), digits(c.Low), digits(c.High))
	default:
		c.Verdict = fmt.Sprintf("no difference can be claimed (p = %s, n = %d and %d)", formatP(c.P), n, m)
	}
}

// rankTest is the Mann-Whitney U test; 1 where all samples are equal.
func rankTest(a, b []float64) float64 {
	result := benchmath.AssumeNothing.Compare(
		benchmath.NewSample(slices.Clone(a), &benchmath.DefaultThresholds),
		benchmath.NewSample(slices.Clone(b), &benchmath.DefaultThresholds))
	// Twice the tail of a distribution in steps may exceed 1; of ties, at one end, the
	// library makes 0.
	return max(min(result.P, 1), leastP(len(a), len(b)))
}

// leastP is the smallest p that n and m samples can have: all of one below all
// of the other, one of C(n+m, n) orders at either end.
func leastP(n, m int) float64 {
	p := 2.0
	for i := 1; i <= min(n, m); i++ {
		p *= float64(i) / float64(max(n, m)+i)
	}
	return min(p, 1)
}

// samplesForTest is the least n for which n and n samples can reach Alpha.
func samplesForTest() int {
	n := 1
	for leastP(n, n) >= Alpha {
		n++
	}
	return n
}

// middle is the median of sorted samples.
func middle(sorted []float64) float64 {
	n := len(sorted)
	// Halved first: the sum of two huge samples would overflow.
	return sorted[(n-1)/2]/2 + sorted[n/2]/2
}

// ratioOf is a/b, or NaN if b is not above 0 or the quotient not a number.
func ratioOf(a, b float64) float64 {
	if r := a / b; b > 0 && !math.IsInf(r, 0) {
		return r
	}
	return math.NaN()
}

// formatP writes a p-value with two digits, or that it is tiny.
func formatP(p float64) string {
	if p < 0.001 {
		return "0.001 or less"
	}
	if p < 0.1 {
		return fmt.Sprintf("%.3f", p)
	}
	return fmt.Sprintf("%.2f", p)
}
