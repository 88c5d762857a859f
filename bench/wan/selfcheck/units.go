package selfcheck

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// bits words a rate that was asked for.
func bits(rate int64) string {
	switch {
	case rate >= gbit:
		return fmt.Sprintf("%g Gbit/s", float64(rate)/float64(gbit))
	default:
		return fmt.Sprintf("%g Mbit/s", float64(rate)/float64(mbit))
	}
}

// precise words a rate that was measured, to four digits.
func precise(rate float64) string {
	unit, name := float64(mbit), "Mbit/s"
	if rate >= float64(gbit) {
		unit, name = float64(gbit), "Gbit/s"
	}
	v := rate / unit
	digits := 3
	if v >= 1 {
		digits = max(0, 3-int(math.Log10(v)))
	}
	return strconv.FormatFloat(v, 'f', digits, 64) + " " + name
}

// size words a number of bytes.
func size(bytes int64) string {
	switch {
	case bytes >= 1e6:
		return fmt.Sprintf("%.4g MB", float64(bytes)/1e6)
	default:
		return fmt.Sprintf("%.4g kB", float64(bytes)/1e3)
	}
}

func millis(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/1e6) }

// excess words a difference.
func excess(d time.Duration) string { return fmt.Sprintf("%+.3f ms", float64(d)/1e6) }

// thousands writes n with commas.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
