package chart

import "math"

// Scale maps values onto positions of a picture, evenly or by their logarithm.
type Scale struct {
	low, high float64 // values
	from, to  float64 // positions
	log       bool
}

// NewScale maps low to from and high to to. A range that is empty, not finite
// or, on a logarithmic scale, not positive is replaced by one that can be
// drawn, because measurements may all be alike or missing.
func NewScale(low, high, from, to float64, log bool) Scale {
	if !finite(low) || !finite(high) {
		low, high = 0, 1
	}
	if log {
		low = math.Max(low, math.SmallestNonzeroFloat32)
		high = math.Max(high, low)
		if high == low {
			low, high = low/2, high*2
		}
	} else if high <= low {
		low, high = low-0.5, low+0.5
	}
	return Scale{low, high, from, to, log}
}

// At is the position of v; values beyond an end are drawn at that end.
func (s Scale) At(v float64) float64 {
	if math.IsNaN(v) {
		return s.from
	}
	v = math.Min(math.Max(v, s.low), s.high)
	share := (v - s.low) / (s.high - s.low)
	if s.log {
		share = math.Log(v/s.low) / math.Log(s.high/s.low)
	}
	return s.from + share*(s.to-s.from)
}

// Holds reports whether v lies within the scale's range.
func (s Scale) Holds(v float64) bool { return v >= s.low && v <= s.high }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Ticks are at most count round values (1, 2 or 5 times a power of ten apart)
// within low and high.
func Ticks(low, high float64, count int) []float64 {
	if !finite(low) || !finite(high) || high <= low || count < 2 {
		return nil
	}
	step := math.Pow(10, math.Floor(math.Log10((high-low)/float64(count))))
	for _, times := range []float64{1, 2, 5, 10} {
		if (high-low)/(step*times) <= float64(count-1) {
			step *= times
			break
		}
	}
	var ticks []float64
	for i := math.Ceil(low / step); i*step <= high*(1+1e-9); i++ {
		ticks = append(ticks, i*step)
	}
	return ticks
}
