package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"bbftp/bench/stats"
)

// unit is what the rates of a route are written in: one for all of them, with
// as many decimals as give the greatest three digits, so that columns compare
// at a glance.
type unit struct {
	size     float64
	name     string
	decimals int
}

// unitFor is the unit for rates up to most bit/s. Gbit/s is the field's; only
// paths far below it are written in less.
func unitFor(most float64) unit {
	u := unit{1e9, "Gbit/s", 0}
	switch {
	case most <= 0: // nothing measured
	case most < 1e5:
		u = unit{1e3, "kbit/s", 0}
	case most < 1.5e8:
		u = unit{1e6, "Mbit/s", 0}
	}
	u.decimals = decimals(most / u.size)
	return u
}

// decimals is how many give v three digits.
func decimals(v float64) int {
	switch {
	case v >= 99.5:
		return 0
	case v >= 9.95:
		return 1
	case v >= 0.995:
		return 2
	}
	return 3
}

func (u unit) of(rate float64) string { return strconv.FormatFloat(rate/u.size, 'f', u.decimals, 64) }

func (u unit) with(rate float64) string { return u.of(rate) + " " + u.name }

// tick is rate as an axis has it, without zeros that say nothing.
func (u unit) tick(rate float64) string { return short(rate / u.size) }

// around is where the median lies: its interval in round brackets or, where
// there are too few samples for one, the least and the most in square ones.
func (u unit) around(s stats.Summary) string {
	switch {
	case s.N == 0:
		return ""
	case bounded(s):
		return "(" + u.of(s.Low) + "–" + u.of(s.High) + ")"
	case s.N == 1:
		return ""
	}
	return "[" + u.of(s.Min) + "–" + u.of(s.Max) + "]"
}

// bounded reports whether s has an interval.
func bounded(s stats.Summary) bool {
	return s.N > 0 && !math.IsInf(s.Low, 0) && !math.IsInf(s.High, 0)
}

// digits is v with three of them.
func digits(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	if v != 0 && math.Abs(v) < 0.1 {
		return strconv.FormatFloat(v, 'g', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', decimals(math.Abs(v)), 64)
}

// short is v without trailing zeros.
func short(v float64) string {
	return strconv.FormatFloat(math.Round(v*1e6)/1e6, 'f', -1, 64)
}

// seconds writes s with its unit.
func seconds(s float64) string {
	if s == 0 {
		return "0 s"
	}
	return stats.FormatTime(time.Duration(s * float64(time.Second)))
}

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

// streams says how many data streams, or that the program chose.
func streams(n int) string {
	if n == 0 {
		return "streams of its choice"
	}
	return plural(n, "stream")
}

// streamCount is streams in a column.
func streamCount(n int) string {
	if n == 0 {
		return "auto"
	}
	return strconv.Itoa(n)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// list joins words as a sentence does.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// clean takes out of text from a file or a peer what would move a terminal's
// cursor or break a line.
func clean(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	}), " ")
}
