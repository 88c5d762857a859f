package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"bbftp/bench/stats"
	"bbftp/bench/trial"
)

// run is what a trial moved and how long it took, which a goodput has to be read
// with: the shorter, the more start and end count.
func run(g stats.Group) string {
	bytes, seconds := medianOf(g, func(t trial.Record) float64 { return float64(t.Bytes) }), medianOf(g, took)
	if bytes >= 10<<20 {
		bytes = math.Round(bytes/(1<<20)) * (1 << 20) // of what arrived, tenths say nothing
	}
	time := strconv.FormatFloat(seconds, 'f', 0, 64)
	if seconds < 9.95 {
		time = strconv.FormatFloat(seconds, 'g', 2, 64)
	}
	return stats.FormatBytes(int64(bytes)) + " in " + time + " s"
}

func took(t trial.Record) float64 { return t.Seconds }

func medianOf(g stats.Group, figure func(trial.Record) float64) float64 {
	var samples []float64
	for _, t := range g.Records {
		samples = append(samples, figure(t))
	}
	return stats.Summarize(samples).Median
}

// tooShort is the share of the time asked for below which a run is told to be
// short.
const tooShort = 0.6

// tooSmall reports whether the file of a cell turned out too small for the time asked
// for: start and end then count for more than in other cells.
func tooSmall(g stats.Group) bool {
	return g.Goodput.N > 0 && medianOf(g, took) < tooShort*g.Duration
}

// shortRuns words the cells whose files were too small.
func (r route) shortRuns() string {
	var words []string
	for _, v := range r.Variants {
		for _, g := range v.Groups {
			if tooSmall(g) {
				words = append(words, fmt.Sprintf("%s, %s: %s s", v.Name, streams(g.Streams), digits(medianOf(g, took))))
			}
		}
	}
	if len(words) == 0 {
		return ""
	}
	return "These took far less than the time asked for, so that start and end count for more than in the others; their rates at speed compare. " + strings.Join(words, "; ") + "."
}
