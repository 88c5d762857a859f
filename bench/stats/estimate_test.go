package stats

import (
	"math"
	"testing"
)

func TestEstimateOf(t *testing.T) {
	ratio := func(m []float64) float64 { return m[0] / m[1] }
	a, b := []float64{9, 10, 11, 10, 10.5, math.NaN()}, []float64{5, 5.1, 4.9, 5, 5}
	e := EstimateOf([][]float64{a, b}, ratio)
	if !e.Made() || e.Value != 2 || !(e.Low > 1.7 && e.Low <= 2 && e.High >= 2 && e.High < 2.3) {
		t.Errorf("%+v", e)
	}
	if low, high := bootstrapOf(a[:5], b); e.Low != low || e.High != high {
		t.Errorf("%+v, bootstrap says %v to %v", e, low, high)
	}
	if again := EstimateOf([][]float64{a, b}, ratio); again != e {
		t.Errorf("made again %+v", again)
	}
	for name, sets := range map[string][][]float64{
		"no samples": {a, nil}, "no numbers": {{math.NaN()}, b}, "no ratio": {a, {0}},
	} {
		if e := EstimateOf(sets, ratio); e.Made() || !math.IsInf(e.High, 1) {
			t.Errorf("%s: %+v", name, e)
		}
	}
	// Nor is there an interval of a few.
	if e := EstimateOf([][]float64{a, b[:4]}, ratio); !e.Made() || !math.IsInf(e.Low, -1) || !math.IsInf(e.High, 1) {
		t.Errorf("of four: %+v", e)
	}
	// Draws without a figure leave no interval.
	sometimes := func(m []float64) float64 {
		if m[0] > 10 {
			return math.NaN()
		}
		return m[0]
	}
	if e := EstimateOf([][]float64{a}, sometimes); e.Value != 10 || !math.IsInf(e.Low, -1) {
		t.Errorf("%+v", e)
	}
}

func bootstrapOf(a, b []float64) (low, high float64) {
	e := Compare(a, b)
	return e.Low, e.High
}
