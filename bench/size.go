package bench

import (
	"math"
	"math/bits"

	"bbftp/bench/stats"
	"bbftp/bench/trial"
)

const (
	// presumedRate is taken for what nothing known limits, in bit/s.
	presumedRate = 10e9
	// leastSize keeps a file larger than what fits the first flight of packets.
	leastSize = 64 << 10
)

// firstSize is the size of the warm-up of a cell with a duration: what would
// take half as long if the models of its path were right, as they are too high
// where slow start counts.
func firstSize(c trial.Cell) int64 {
	return gridSize(min(stats.BoundsOf(c).Least(), presumedRate)/8*c.Duration/2, c.Bytes)
}

// sizeFor is the size at which a cell should last as long as is asked for, by
// what its warm-up r shows: set-up and growth take the same again, the time
// more or less is at speed. 0 without a duration.
func sizeFor(c trial.Cell, r trial.Record) int64 {
	if c.Duration == 0 {
		return 0
	}
	speed := r.Steady
	if speed == 0 {
		speed = r.Goodput
	}
	size := float64(r.Bytes) + (c.Duration-r.Seconds)*speed/8
	// When the warm-up took far longer, the line may lead anywhere.
	if r.Seconds > c.Duration {
		size = max(size, float64(r.Bytes)*c.Duration/r.Seconds/2)
	}
	return gridSize(size, c.Bytes)
}

// lastsLikely reports whether a warm-up lasted so nearly as long as is asked for
// that the size made of it will.
func lastsLikely(c trial.Cell, r trial.Record) bool {
	return c.Duration == 0 || r.Seconds >= c.Duration/2 && r.Seconds <= c.Duration*3/2
}

// gridSize rounds down to 1 or 1.5 times a power of two, so that cells share
// their files and peers with about the same goodput move the same.
func gridSize(size float64, most int64) int64 {
	switch {
	case !(size < float64(most)):
		return most
	case size <= leastSize:
		return min(leastSize, most)
	}
	n := uint64(math.Floor(size))
	shift := bits.Len64(n) - 2
	return int64(n >> shift << shift)
}
