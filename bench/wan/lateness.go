package wan

import (
	"math/bits"
	"time"
)

// histogram counts durations in buckets an eighth of an octave wide, so that a
// percentile is at most 12.5 % too large. Counting allocates nothing.
type histogram struct {
	buckets [64 * perOctave]int64
	count   int64
	max     int64
}

const perOctave = 8

// add counts n packets of d nanoseconds.
func (h *histogram) add(d, n int64) {
	d = max(d, 0)
	h.buckets[bucket(d)] += n
	h.count += n
	h.max = max(h.max, d)
}

func bucket(d int64) int {
	if d < 2*perOctave {
		return int(d)
	}
	octave := bits.Len64(uint64(d)) - 4 // d >> octave is in [8, 16)
	return octave*perOctave + int(d>>octave)
}

// top is the largest duration in bucket i.
func top(i int) int64 {
	if i < 2*perOctave {
		return int64(i)
	}
	octave := i/perOctave - 1
	return (int64(i%perOctave+perOctave)+1)<<octave - 1
}

// percentile is a duration that the share q of all does not exceed.
func (h *histogram) percentile(q float64) time.Duration {
	rest := int64(float64(h.count) * (1 - q))
	for i := len(h.buckets) - 1; i >= 0; i-- {
		rest -= h.buckets[i]
		if h.buckets[i] > 0 && rest < 0 {
			return time.Duration(min(top(i), h.max))
		}
	}
	return 0
}

func (h *histogram) lateness() Lateness {
	return Lateness{
		P50: h.percentile(0.5), P99: h.percentile(0.99), P999: h.percentile(0.999),
		Max: time.Duration(h.max),
	}
}
