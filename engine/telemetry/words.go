package telemetry

import (
	"fmt"
	"math"
	"time"
)

// share is "37 %", and small ones in full.
func share(part float64) string {
	percent := 100 * part
	if percent >= 1 || percent == 0 {
		return fmt.Sprintf("%.0f %%", percent)
	}
	return fmt.Sprintf("%.2g %%", percent)
}

// rate is "938 Mbit/s" for bytes per second.
func rate(bytesPerSecond int64) string {
	return scaled(8*float64(bytesPerSecond), 1000, "bit/s", "kbit/s", "Mbit/s", "Gbit/s")
}

// speed is "117 MB/s" for bytes per second, as disks are told.
func speed(bytesPerSecond int64) string {
	return scaled(float64(bytesPerSecond), 1000, "B/s", "kB/s", "MB/s", "GB/s")
}

// size is "32 MiB".
func size(bytes float64) string {
	return scaled(bytes, 1024, "B", "KiB", "MiB", "GiB")
}

// scaled gives a figure in the unit that leaves few digits, at most three of
// them with meaning.
func scaled(v, step float64, units ...string) string {
	i := 0
	for ; v >= step && i < len(units)-1; i++ {
		v /= step
	}
	if v < 10 && v != math.Trunc(v) {
		return fmt.Sprintf("%.1f %s", v, units[i])
	}
	return fmt.Sprintf("%.0f %s", v, units[i])
}

// span is a duration with as many digits as matter.
func span(d time.Duration) string {
	if d >= 10*time.Millisecond {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}

// count is "1 segment", "3 segments".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// powerOfTwo is the least power of two that is not below v: the sizes people
// set buffers to.
func powerOfTwo(v float64) float64 {
	if v <= 1 {
		return 1
	}
	return math.Exp2(math.Ceil(math.Log2(v)))
}
