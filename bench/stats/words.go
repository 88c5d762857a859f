package stats

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// sentence gives a clause its capital and its full stop.
func sentence(clause string) string {
	if clause == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(clause)
	return string(unicode.ToUpper(first)) + strings.TrimRight(clause[size:], ".") + "."
}

// plural is "1 core is", "2 cores are".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// count is "1 sample", "3 samples".
func count(n int, noun string) string { return plural(n, noun, noun+"s") }

// countOf is count for a median, which may lie between two numbers.
func countOf(n float64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%.0f %ss", n, noun)
}

// streamsOf is "4 streams × 256 KiB windows".
func streamsOf(n int, window int64) string {
	if n == 1 {
		return "1 stream × " + FormatBytes(window) + " window"
	}
	return fmt.Sprintf("%d streams × %s windows", n, FormatBytes(window))
}

// allow is the verb for n streams.
func allow(n int) string {
	if n == 1 {
		return "allows"
	}
	return "allow"
}

// seconds is a time.Duration of s seconds, within what one can hold.
func seconds(s float64) time.Duration {
	const most = math.MaxInt64 / float64(time.Second)
	if math.IsNaN(s) {
		return 0
	}
	return time.Duration(max(-most/2, min(s, most/2)) * float64(time.Second))
}

// powerOfTwo is the least power of two that is not below v: the sizes people
// set buffers to.
func powerOfTwo(v float64) float64 {
	if v <= 1 {
		return 1
	}
	return math.Exp2(math.Ceil(math.Log2(v)))
}

// orZero takes an unknown share for none.
func orZero(share float64) float64 {
	if math.IsNaN(share) {
		return 0
	}
	return share
}
