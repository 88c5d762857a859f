package chart

import "math"

// Thin keeps at most count points of a course: of each stretch the lowest and
// the highest, in their order, so that a dip of one sample stays visible.
func Thin(points []Point, count int) []Point {
	if len(points) <= count || count < 4 {
		return points
	}
	inner := points[1 : len(points)-1]
	stretches := (count - 2) / 2
	kept := []Point{points[0]}
	for s := range stretches {
		from, to := s*len(inner)/stretches, (s+1)*len(inner)/stretches
		low, high := from, from
		for i := from; i < to; i++ {
			if inner[i].Y < inner[low].Y {
				low = i
			}
			if inner[i].Y > inner[high].Y {
				high = i
			}
		}
		kept = append(kept, inner[min(low, high)])
		if low != high {
			kept = append(kept, inner[max(low, high)])
		}
	}
	return append(kept, points[len(points)-1])
}

// Rates are the steps of a cumulative count as amounts per second, at the
// middles of windows of at least width seconds.
func Rates(seconds []float64, counts []int64, width float64) []Point {
	var rates []Point
	from := 0
	for i := range min(len(seconds), len(counts)) {
		passed := seconds[i] - seconds[from]
		if i == from || passed < width || !(passed > 0) || math.IsInf(passed, 0) {
			continue
		}
		rates = append(rates, Point{
			X: (seconds[i] + seconds[from]) / 2,
			Y: float64(counts[i]-counts[from]) / passed,
		})
		from = i
	}
	return rates
}
