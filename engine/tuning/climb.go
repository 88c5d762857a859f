package tuning

import (
	"fmt"
	"slices"
	"strings"

	"bbftp/engine/client"
)

// ladder are the counts that are tried: each step is worth noticing, and none
// more than doubles.
var ladder = []int{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64}

// experience is what files of one size class taught.
//
//	first count ─► a neighbour not tried yet ──better──► it is the best, on to its neighbours
//	                    ▲       └──not better──► back to the best
//	                    └──every pause files──────────┘
type experience struct {
	// Best is the count to take.
	Best int `json:"best"`
	// Files were moved, Since of them without trying another count.
	Files int `json:"files"`
	Since int `json:"since"`
	// Hint is where a better count may lie, by the last file at Best.
	Hint direction `json:"hint,omitempty"`
	// Counts are those tried.
	Counts map[int]*trial `json:"counts"`
}

// trial is what one count of streams achieved.
type trial struct {
	Rate float64 `json:"bytes_per_second"` // of a file of the middle of its class
	Last int     `json:"last"`             // Files then
}

const (
	// better is the gain for which the count is changed: less may be chance.
	better = 1.03
	// pause is how many files pass before a neighbour is tried again: paths
	// change, and a file at a worse count costs.
	pause = 16
	// weight is that of the latest file in a trial's rate.
	weight = 0.5
)

// learn takes in a file that took n streams.
func (e *experience) learn(n int, rate float64, h direction) {
	e.Files++
	t := e.Counts[n]
	if t == nil {
		t = &trial{Rate: rate}
		e.Counts[n] = t
	}
	t.Rate += weight * (rate - t.Rate)
	t.Last = e.Files
	best := e.Counts[e.Best]
	switch {
	case best == nil:
		e.Best, e.Hint, e.Since = n, h, 0
	case n == e.Best:
		e.Hint = h
		e.Since++
	default:
		e.Since = 0
	}
	for _, n := range e.tried() {
		if e.Counts[n].Rate > better*e.Counts[e.Best].Rate {
			e.Best, e.Hint = n, h
		}
	}
}

// next is the count for the next file, and why.
func (e *experience) next(p client.Path) (int, []string) {
	best := min(e.Best, p.MaxStreams)
	known := e.tell()
	if n, why := e.neighbour(best, p.MaxStreams); n != 0 {
		return n, []string{fmt.Sprintf("%s: trying whether %s; %s", streams(n), why, known)}
	}
	return best, []string{fmt.Sprintf("%s: the best so far; %s", streams(best), known)}
}

// neighbour is another count worth a try, 0 if there is none now.
func (e *experience) neighbour(best, most int) (int, string) {
	up, down := beside(best, most)
	reasons := map[int]string{up: "more carry more", down: "fewer carry as much"}
	if e.Hint == more {
		reasons[up] = "more carry more, as packets are lost or windows are full while the path is not"
	}
	order := []int{up, down}
	switch e.Hint {
	case more:
		order = []int{up} // fewer are known to carry less
	case fewer:
		order = []int{down}
	}
	for _, n := range order {
		if n != best && e.Counts[n] == nil {
			return n, reasons[n]
		}
	}
	if e.Since < pause {
		return 0, ""
	}
	oldest := 0
	for _, n := range []int{up, down} {
		if n != best && (oldest == 0 || e.last(n) < e.last(oldest)) {
			oldest = n
		}
	}
	return oldest, reasons[oldest] + " by now"
}

func (e *experience) last(n int) int {
	if t := e.Counts[n]; t != nil {
		return t.Last
	}
	return 0
}

// beside are the steps of the ladder above and below n, far enough from it to
// tell; n where there is none.
func beside(n, most int) (up, down int) {
	up, down = n, n
	for _, step := range ladder {
		if 5*step <= 4*n {
			down = step
		}
		if 4*step >= 5*n {
			up = step
			break
		}
	}
	if up = min(up, most); 4*up < 5*n {
		up = n
	}
	return up, down
}

func (e *experience) tried() []int {
	var counts []int
	for n := range e.Counts {
		counts = append(counts, n)
	}
	slices.Sort(counts)
	return counts
}

// tell is what is known, for people.
func (e *experience) tell() string {
	var rates []string
	for _, n := range e.tried() {
		rates = append(rates, fmt.Sprintf("%d: %.0f", n, e.Counts[n].Rate*8/1e6))
	}
	files := "1 file"
	if e.Files > 1 {
		files = fmt.Sprintf("%d files", e.Files)
	}
	return fmt.Sprintf("%s to this host, Mbit/s by streams %s", files, strings.Join(rates, ", "))
}
