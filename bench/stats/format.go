package stats

import (
	"math"
	"strconv"
	"time"
)

// scale is a unit and the names of its next larger ones, each step times larger.
type scale struct {
	step  float64
	names []string
}

var (
	bitRates = scale{1000, []string{" bit/s", " kbit/s", " Mbit/s", " Gbit/s", " Tbit/s"}}
	sizes    = scale{1024, []string{" B", " KiB", " MiB", " GiB"}}
	times    = scale{1000, []string{" µs", " ms", " s"}}
)

// in writes v in the unit that leaves the least figure not below 1. write
// rounds: what it makes a whole step of one unit is 1 of the next.
func (s scale) in(v float64, write func(float64) string) string {
	unit := 0
	for ; unit < len(s.names)-1; unit++ {
		if shown, err := strconv.ParseFloat(write(v), 64); err != nil || math.Abs(shown) < s.step {
			break
		}
		v /= s.step
	}
	return write(v) + s.names[unit]
}

// FormatRate writes bit/s with three digits: "84.3 Mbit/s", "9.65 Gbit/s".
func FormatRate(rate float64) string { return bitRates.in(rate, digits) }

// formatNominal writes the rate of a link without zeros: "1 Gbit/s".
func formatNominal(rate int64) string {
	return bitRates.in(float64(rate), func(v float64) string { return trimmed(significant(v, 4)) })
}

// FormatRatio writes a ratio with its sign: "2.41 ×".
func FormatRatio(ratio float64) string { return digits(ratio) + " ×" }

// FormatBytes writes a window, a buffer or a file in powers of two: "256 KiB",
// "1.5 MiB".
func FormatBytes(n int64) string { return formatVolume(float64(n)) }

// formatVolume is FormatBytes for a figure that was calculated.
func formatVolume(bytes float64) string {
	return sizes.in(bytes, func(v float64) string { return trimmed(math.Round(100*v) / 100) })
}

// FormatTime writes a time in s, ms or µs with three digits at most: "100 ms".
func FormatTime(d time.Duration) string {
	return times.in(float64(d)/float64(time.Microsecond), func(v float64) string { return trimmed(significant(v, 3)) })
}

// FormatShare writes a part of one as per cent, below a tenth with two digits:
// "62 %", "2 %", "0.015 %".
func FormatShare(share float64) string {
	if math.Abs(share) >= 0.1 {
		return trimmed(math.Round(100*share)) + " %"
	}
	return trimmed(significant(100*share, 2)) + " %"
}

// digits writes v with three significant digits, without an exponent below
// 1e15.
func digits(v float64) string {
	abs := math.Abs(v)
	switch {
	case math.IsInf(v, 0) || math.IsNaN(v) || abs >= 1e15:
		return strconv.FormatFloat(v, 'g', 3, 64)
	case abs >= 99.95:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case abs >= 9.995:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// trimmed writes v with the digits it has.
func trimmed(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// significant keeps so many digits, and all that are before the point.
func significant(v float64, keep int) float64 {
	if math.Abs(v) >= math.Pow10(keep) {
		return math.Round(v)
	}
	// What 'g' wrote is a number, or the name of what is none.
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', keep, 64), 64)
	if err != nil {
		return v
	}
	return r
}
