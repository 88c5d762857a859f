package stats

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestSummarize(t *testing.T) {
	inf := math.Inf(1)
	for _, tt := range []struct {
		name    string
		samples []float64
		want    Summary
		warning string
	}{
		{name: "none", want: Summary{Low: -inf, High: inf}, warning: "no samples"},
		{
			name: "one", samples: []float64{7},
			want:    Summary{N: 1, Median: 7, Low: -inf, High: inf, Confidence: 1, Min: 7, Max: 7, Mean: 7},
			warning: "1 sample cannot enclose the median at 95 %: it takes 6",
		},
		{
			name: "two", samples: []float64{4, 2},
			want:    Summary{N: 2, Median: 3, Low: -inf, High: inf, Confidence: 1, Min: 2, Max: 4, Mean: 3, StdDev: math.Sqrt2},
			warning: "2 samples cannot enclose",
		},
		{ // one end of an interval is none
			name: "five", samples: []float64{1, 2, 3, 4, 5},
			want:    Summary{N: 5, Median: 3, Low: -inf, High: inf, Confidence: 1, Min: 1, Max: 5, Mean: 3, StdDev: math.Sqrt(2.5)},
			warning: "5 samples cannot enclose",
		},
		{ // the extremes of six miss the median with a chance of 2/64
			name: "six", samples: []float64{6, 5, 4, 3, 2, 1},
			want: Summary{N: 6, Median: 3.5, Low: 1, High: 6, Confidence: 1 - 1.0/32, Min: 1, Max: 6, Mean: 3.5, StdDev: math.Sqrt(3.5)},
		},
		{
			name: "equal", samples: []float64{3, 3, 3, 3, 3, 3},
			want: Summary{N: 6, Median: 3, Low: 3, High: 3, Confidence: 1 - 1.0/32, Min: 3, Max: 3, Mean: 3},
		},
		{ // quartiles 2 and 6 of the halves; fences -4 and 12
			name: "outlier", samples: []float64{100, 1, 2, 3, 4, 5, 6},
			want: Summary{
				N: 7, Median: 4, Low: 1, High: 100, Confidence: 1 - 1.0/64, Min: 1, Max: 100, Mean: 121.0 / 7,
				StdDev: 36.513533, Outliers: []int{0},
			},
		},
		{
			name: "no figures", samples: []float64{math.NaN(), 1, inf, -inf},
			want:    Summary{N: 1, Median: 1, Low: -inf, High: inf, Confidence: 1, Min: 1, Max: 1, Mean: 1},
			warning: "3 of 4 samples left out: no figure",
		},
		{
			name: "negative", samples: []float64{-1, -2, -3, -4, -5, -6},
			want: Summary{N: 6, Median: -3.5, Low: -6, High: -1, Confidence: 1 - 1.0/32, Min: -6, Max: -1, Mean: -3.5, StdDev: math.Sqrt(3.5)},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			given := slices.Clone(tt.samples)
			got := Summarize(given)
			if !cmp.Equal(given, tt.samples, cmpopts.EquateNaNs()) {
				t.Errorf("the samples were moved: %v", given)
			}
			warnings := strings.Join(got.Warnings, "; ")
			if tt.warning == "" != (warnings == "") || !strings.Contains(warnings, tt.warning) {
				t.Errorf("warnings %q, want %q", warnings, tt.warning)
			}
			got.Warnings = nil
			if d := cmp.Diff(tt.want, got, cmpopts.EquateApprox(1e-6, 0)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestOutliersKeepTheirIndex(t *testing.T) {
	nan := math.NaN()
	got := Summarize([]float64{10, nan, 10.1, 9.9, 50, 10, 9.8, nan, 10.2, -30})
	if want := []int{4, 9}; !slices.Equal(got.Outliers, want) {
		t.Errorf("outliers %v, want %v", got.Outliers, want)
	}
}

func TestRelativeWidth(t *testing.T) {
	for _, tt := range []struct {
		s    Summary
		want float64
	}{
		{Summary{N: 6, Median: 100, Low: 98, High: 102}, 0.02},
		{Summary{N: 6, Median: -100, Low: -102, High: -98}, 0.02},
		{Summary{N: 6}, 0}, // six zeros
		{Summary{N: 6, Low: 0, High: 1}, math.Inf(1)},
		{Summary{}, math.Inf(1)},
		{Summarize([]float64{1, 2, 3}), math.Inf(1)},
		{Summary{N: 6, Median: math.MaxFloat64, Low: -math.MaxFloat64, High: math.MaxFloat64}, 1},
	} {
		if got := tt.s.RelativeWidth(); got != tt.want {
			t.Errorf("%+v: %v, want %v", tt.s, got, tt.want)
		}
	}
}

// The interval's promise holds whatever the distribution: it rests on ranks.
func TestIntervalCoversTheMedian(t *testing.T) {
	const draws, least = 2000, 0.93
	for name, distribution := range map[string]struct {
		draw   func(*rand.Rand) float64
		median float64
	}{
		"normal":      {func(r *rand.Rand) float64 { return 900 + 20*r.NormFloat64() }, 900},
		"exponential": {(*rand.Rand).ExpFloat64, math.Ln2},
		"log-normal":  {func(r *rand.Rand) float64 { return math.Exp(2 * r.NormFloat64()) }, 1},
		// As a sweep with stalls: one trial in three at a tenth of the speed.
		"two humps": {func(r *rand.Rand) float64 {
			v := 100 + r.Float64()
			if r.IntN(3) == 0 {
				v = 10 + r.Float64()
			}
			return v
		}, 100.25},
	} {
		for _, n := range []int{6, 7, 8, 10, 15, 25, 40} {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				random := rand.New(rand.NewPCG(1, uint64(n)))
				covered := 0
				samples := make([]float64, n)
				for range draws {
					for i := range samples {
						samples[i] = distribution.draw(random)
					}
					if s := Summarize(samples); s.Low <= distribution.median && distribution.median <= s.High {
						covered++
					}
				}
				if got := float64(covered) / draws; got < least {
					t.Errorf("%.1f %% of the intervals hold the median, want %.0f %%", 100*got, 100*least)
				}
			})
		}
	}
}

func FuzzSummarize(f *testing.F) {
	for _, samples := range degenerate {
		f.Add(encode(samples))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		samples := decode(data, 100)
		s := Summarize(samples)
		if s.N > len(samples) || math.IsNaN(s.RelativeWidth()) || s.RelativeWidth() < 0 {
			t.Errorf("%+v", s)
		}
		if s.N > 0 && !(s.Min <= s.Median && s.Median <= s.Max && s.Low <= s.Median && s.Median <= s.High) {
			t.Errorf("out of order: %+v", s)
		}
		for _, i := range s.Outliers {
			if i < 0 || i >= len(samples) {
				t.Errorf("outlier %d of %d samples", i, len(samples))
			}
		}
		if again := Summarize(samples); !cmp.Equal(s, again, cmpopts.EquateNaNs()) {
			t.Errorf("two summaries of the same: %+v, %+v", s, again)
		}
	})
}

// degenerate samples, each a way to divide by zero or overflow.
var degenerate = [][]float64{
	nil,
	{0},
	{0, 0},
	{0, 0, 0, 0, 0, 0, 0},
	{1, 1, 1, 1, 1, 1},
	{math.NaN(), math.NaN()},
	{math.Inf(1), math.Inf(-1), 1},
	{-1, -2, -3, -4, -5, -6, -7},
	{math.MaxFloat64, -math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64, 0, math.MaxFloat64, 1},
	{math.SmallestNonzeroFloat64, math.MaxFloat64, math.MaxFloat64, 1, 2, 3, 4},
	{5, 4, 3, 2, 1, 0},
}

func encode(samples []float64) []byte {
	var data []byte
	for _, v := range samples {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
	}
	return data
}

func decode(data []byte, most int) []float64 {
	var samples []float64
	for ; len(data) >= 8 && len(samples) < most; data = data[8:] {
		samples = append(samples, math.Float64frombits(binary.LittleEndian.Uint64(data)))
	}
	return samples
}
