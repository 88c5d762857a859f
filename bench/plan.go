package bench

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"time"

	"bbftp/bench/scenario"
	"bbftp/bench/stats"
	"bbftp/bench/trial"
)

// Why a cell is settled (trial.Record).
const (
	settledInterval   = "interval"
	settledRepeats    = "repeats"
	settledFailures   = "failures"
	settledUnfaithful = "unfaithful"
)

// mostResized is how many warm-ups are added until a file lasts as long as is
// asked for: one over a path that was late says little of the next.
const mostResized = 2

// failuresInRow end a cell: what fails three times in a row will again.
const failuresInRow = 3

// plan chooses the next trial.
type plan struct {
	seed    uint64
	repeats scenario.Repeats
	courses []*course // in the order of the scenario
}

func newPlan(s scenario.Scenario, cells []trial.Cell) *plan {
	p := &plan{seed: s.Repeats.Seed, repeats: s.Repeats}
	for _, c := range cells {
		p.courses = append(p.courses, &course{cell: c, warmUps: *s.Repeats.WarmUp})
	}
	return p
}

// next is the cell whose turn it is, nil when all are settled. A cell has one
// trial a round; the order within a round depends on seed and round only, so
// that a resumed sweep goes on as if nothing had been.
func (p *plan) next() *course {
	round := math.MaxInt
	for _, c := range p.courses {
		if c.settled == "" {
			round = min(round, c.trials)
		}
	}
	for _, i := range rand.New(rand.NewPCG(p.seed, uint64(round))).Perm(len(p.courses)) {
		if c := p.courses[i]; c.settled == "" && c.trials == round {
			return c
		}
	}
	return nil
}

// course is what became of a cell so far.
type course struct {
	cell       trial.Cell // as the scenario has it
	size       int64      // of the file, chosen for the duration; 0: not yet
	warmUps    int        // left to do
	resized    int        // warm-ups added as the size did not fit
	trials     int        // of all sorts
	measured   int        // not warm-ups, used or not
	goodputs   []float64  // of those to be used
	failures   int        // in a row
	unfaithful int
	settled    string
	took       time.Duration // all trials, with everything about them
	timed      int           // how many trials took is of
}

// repeat is the number of the cell's next trial; 0: a warm-up.
func (c *course) repeat() int {
	if c.warmUps > 0 {
		return 0
	}
	return c.measured + 1
}

// sized is the cell with the size of its next trial.
func (c *course) sized() trial.Cell {
	cell := c.cell
	switch {
	case cell.Duration == 0:
	case c.size > 0:
		cell.Bytes = c.size
	default:
		cell.Bytes = firstSize(cell)
	}
	return cell
}

// take counts a trial and returns why it was the last one, if it was.
//
//	 warm-up ──► measuring ──┬─ narrow ────────► interval
//	 ▲  │ │          │       ├─ Max usable ────► repeats
//	 └──┘ │          │       └─ not faithful ──► unfaithful (as many as Max)
//	size? └──────────┴─ 3 failures in a row ───► failures
func (c *course) take(r trial.Record, repeats scenario.Repeats, took time.Duration) string {
	c.trials++
	if took > 0 {
		c.took += took
		c.timed++
	}
	if r.Repeat > 0 {
		c.measured++
		c.warmUps = 0
		if c.cell.Duration > 0 {
			c.size = r.Cell.Bytes
		}
	}
	switch {
	case r.Error != "":
		if c.failures++; c.failures >= failuresInRow {
			c.settled = settledFailures
		}
		return c.settled
	case r.Repeat == 0:
		c.warmUps = max(c.warmUps-1, 0)
		c.size = sizeFor(c.cell, r)
		if c.warmUps == 0 && c.resized < mostResized && !lastsLikely(c.cell, r) {
			c.warmUps, c.resized = 1, c.resized+1
		}
	case r.Unfaithful != "":
		if c.unfaithful++; c.unfaithful >= max(repeats.Max, failuresInRow) {
			c.settled = settledUnfaithful
		}
	default:
		c.goodputs = append(c.goodputs, r.Goodput)
		c.settled = settle(c.goodputs, repeats)
	}
	c.failures = 0
	return c.settled
}

func settle(goodputs []float64, repeats scenario.Repeats) string {
	switch {
	case len(goodputs) >= repeats.Min && stats.Summarize(goodputs).RelativeWidth() <= float64(repeats.Interval):
		return settledInterval
	case len(goodputs) >= repeats.Max:
		return settledRepeats
	}
	return ""
}

// seedOf is the seed of the path in a trial. All peers meet the same losses in
// their repeat of the same number.
func seedOf(seed uint64, c trial.Cell, repeat int) uint64 {
	text, err := json.Marshal(struct {
		Seed            uint64
		Route           trial.Route
		Streams, Repeat int
	}{seed, c.Route(), c.Streams, repeat})
	if err != nil {
		panic(err) // numbers that were validated: never
	}
	sum := sha256.Sum256(text)
	// A number that every reader of JSON keeps exact.
	return binary.BigEndian.Uint64(sum[:8]) >> 11
}
