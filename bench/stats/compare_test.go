package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestCompare(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name      string
		a, b      []float64
		ratio, p  float64
		different bool
		verdict   string // its begin
		warning   string
	}{
		{
			name: "apart", a: []float64{24, 25, 23, 24, 26}, b: []float64{10, 11, 9, 10.5, 10},
			ratio: 2.4, p: 2.0 / 252, different: true, verdict: "2.40 × (2.",
		},
		{ // all ten orders but two of 5 and 5: p = 2/252
			name: "apart without ties", a: []float64{24, 25, 23, 24.5, 26}, b: []float64{10, 11, 9, 10.5, 10.2},
			ratio: 24.5 / 10.2, p: 2.0 / 252, different: true, verdict: "2.40 × (2.",
		},
		{ // U = 12 of 25: p = 1
			name: "mixed", a: []float64{1, 3, 5, 7, 9}, b: []float64{2, 4, 5.5, 6, 8},
			ratio: 5 / 5.5, p: 1, verdict: "no difference can be claimed (p = 1.00, n = 5 and 5)",
		},
		{
			name: "three", a: []float64{30, 31, 32}, b: []float64{10, 11, 12},
			ratio: 31.0 / 11, p: 0.1, verdict: "no difference can be claimed (n = 3 and 3 are too few)",
			warning: "n = 3 and 3 can never reach p < 0.05, at best 0.10: it takes 4 each",
		},
		{ // unequal sizes may do: 2/56
			name: "three and five", a: []float64{30, 31, 32}, b: []float64{10, 11, 12, 13, 14},
			ratio: 31.0 / 12, p: 2.0 / 56, different: true, verdict: "2.58 × (p = 0.036, n = 3 and 5)",
		},
		{
			name: "one each", a: []float64{2}, b: []float64{1},
			ratio: 2, p: 1, verdict: "no difference can be claimed (n = 1 and 1 are too few)", warning: "can never reach",
		},
		{
			name: "all equal", a: []float64{5, 5, 5, 5, 5}, b: []float64{5, 5, 5, 5, 5},
			ratio: 1, p: 1, verdict: "no difference can be claimed (p = 1.00",
		},
		{name: "nothing", ratio: nan, p: 1, verdict: "nothing to compare (n = 0 and 0)"},
		{name: "one side", a: []float64{1, 2}, ratio: nan, p: 1, verdict: "nothing to compare (n = 2 and 0)"},
		{
			name: "no figures", a: []float64{nan, math.Inf(1)}, b: []float64{1},
			ratio: nan, p: 1, verdict: "nothing to compare (n = 0 and 1)", warning: "2 samples left out",
		},
		{name: "negative", a: []float64{-1, -2}, b: []float64{1}, ratio: nan, p: 1, verdict: "nothing to compare (negative"},
		{
			name: "nought", a: []float64{1, 2, 3, 4}, b: []float64{0, 0, 0, 0},
			ratio: nan, p: 2.0 / 70, verdict: "no ratio",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := slices.Clone(tt.a), slices.Clone(tt.b)
			got := Compare(a, b)
			if !cmp.Equal(a, tt.a, cmpopts.EquateNaNs()) || !cmp.Equal(b, tt.b) {
				t.Errorf("the samples were moved: %v, %v", a, b)
			}
			if d := cmp.Diff(tt.ratio, got.Ratio, cmpopts.EquateNaNs(), cmpopts.EquateApprox(1e-12, 0)); d != "" {
				t.Errorf("ratio (-want +got)\n%s", d)
			}
			if math.Abs(got.P-tt.p) > 1e-9 {
				t.Errorf("p = %v, want %v", got.P, tt.p)
			}
			if got.Different != tt.different || !strings.HasPrefix(got.Verdict, tt.verdict) {
				t.Errorf("different %v, %q, want %v, %q", got.Different, got.Verdict, tt.different, tt.verdict)
			}
			if few := min(len(tt.a), len(tt.b)) < leastForBootstrap; few && !math.IsInf(got.High-got.Low, 1) {
				t.Errorf("an interval of %v to %v", got.Low, got.High)
			}
			warnings := strings.Join(got.Warnings, "; ")
			if tt.warning == "" != (warnings == "") || !strings.Contains(warnings, tt.warning) {
				t.Errorf("warnings %q, want %q", warnings, tt.warning)
			}
		})
	}
}

// A ratio has no unit, and turns over with the sides.
func TestCompareTurnsOverAndScales(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	for range 20 {
		a, b := draws(random, 7, 300, 30), draws(random, 9, 100, 10)
		c, back := Compare(a, b), Compare(b, a)
		if math.Abs(c.Ratio*back.Ratio-1) > 1e-12 || math.Abs(c.P-back.P) > 1e-12 || c.Different != back.Different {
			t.Fatalf("%+v against %+v", c, back)
		}
		if !(c.Low <= c.Ratio && c.Ratio <= c.High) || !c.Different {
			t.Fatalf("%+v", c)
		}
		for i := range a {
			a[i] *= 1 << 20
		}
		for i := range b {
			b[i] *= 1 << 20
		}
		if scaled := Compare(a, b); !cmp.Equal(c, scaled) {
			t.Fatalf("(-one unit +another)\n%s", cmp.Diff(c, scaled))
		}
	}
}

// Where nothing differs, few may be told that something does; where it does by
// five deviations, all.
func TestCompareErrs(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	claims := func(sweeps int, mean float64) float64 {
		claimed := 0
		for range sweeps {
			if Compare(draws(random, 6, mean, 5), draws(random, 6, 100, 5)).Different {
				claimed++
			}
		}
		return float64(claimed) / float64(sweeps)
	}
	if got := claims(600, 100); got > Alpha {
		t.Errorf("a difference claimed in %.1f %% of the sweeps without one", 100*got)
	}
	if got := claims(100, 125); got < 0.95 {
		t.Errorf("a difference claimed in only %.1f %% of the sweeps with one", 100*got)
	}
}

func TestRatioIntervalCovers(t *testing.T) {
	const sweeps = 200
	for _, n := range []int{5, 10, 25} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			random := rand.New(rand.NewPCG(4, uint64(n)))
			covered := 0
			for range sweeps {
				if c := Compare(draws(random, n, 240, 12), draws(random, n, 100, 5)); c.Low <= 2.4 && 2.4 <= c.High {
					covered++
				}
			}
			if got := float64(covered) / sweeps; got < 0.93 {
				t.Errorf("%.1f %% of the intervals hold the ratio, want 93 %%", 100*got)
			}
		})
	}
}

// draws are n samples of a normal distribution.
func draws(random *rand.Rand, n int, mean, deviation float64) []float64 {
	samples := make([]float64, n)
	for i := range samples {
		samples[i] = mean + deviation*random.NormFloat64()
	}
	return samples
}

func TestLeastP(t *testing.T) {
	for _, tt := range []struct {
		n, m int
		want float64
	}{{1, 1, 1}, {2, 2, 1.0 / 3}, {3, 3, 0.1}, {3, 4, 2.0 / 35}, {4, 4, 1.0 / 35}, {1, 100, 2.0 / 101}, {5, 5, 2.0 / 252}} {
		if got := leastP(tt.n, tt.m); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("%d and %d: %v, want %v", tt.n, tt.m, got, tt.want)
		}
	}
	if got := samplesForTest(); got != 4 {
		t.Errorf("%d samples each, want 4", got)
	}
	if got := samplesForInterval(); got != 6 {
		t.Errorf("%d samples for an interval, want 6", got)
	}
}

// TestRankTest has ties only, of which nothing can be concluded.
func TestRankTest(t *testing.T) {
	if got, want := rankTest([]float64{1, 1}, []float64{0}), leastP(2, 1); got != want {
		t.Errorf("p = %v of samples that can have %v", got, want)
	}
}

func FuzzCompare(f *testing.F) {
	for _, a := range degenerate {
		for _, b := range degenerate {
			f.Add(encode(a), encode(b), false)
		}
	}
	f.Add([]byte{1, 2, 3, 4, 5}, []byte{1, 1, 2, 2, 0}, true)
	f.Fuzz(func(t *testing.T, a, b []byte, small bool) {
		// Small samples are bytes: plenty of ties, no negatives.
		samples := func(data []byte) []float64 {
			if !small {
				return decode(data, 30)
			}
			var bytes []float64
			for _, v := range data[:min(len(data), 30)] {
				bytes = append(bytes, float64(v))
			}
			return bytes
		}
		c := Compare(samples(a), samples(b))
		if !(c.P >= 0 && c.P <= 1) || c.Verdict == "" || math.IsNaN(c.Low) || math.IsNaN(c.High) {
			t.Errorf("%+v", c)
		}
		if !math.IsNaN(c.Ratio) && !(c.Low <= c.Ratio && c.Ratio <= c.High) {
			t.Errorf("the ratio lies outside its interval: %+v", c)
		}
		none := math.IsInf(c.Low, -1) && math.IsInf(c.High, 1) // too few samples for an interval
		if c.Different && !(c.P < Alpha && (none || c.Low > 1 || c.High < 1)) {
			t.Errorf("a difference without a cause: %+v", c)
		}
	})
}
