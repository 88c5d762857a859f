package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"bbftp/bench"
	"bbftp/bench/stats"
	"bbftp/cmd/internal/terminal"
)

// sweepView shows a sweep: a line for each settled cell, and on a terminal a
// bar below with the time left, else now and then a line that says so.
type sweepView struct {
	stdout, stderr io.Writer
	plain          io.Writer // standard output without the bar
	headed         bool
	measured       int
	failed         []string
	unfaithful     bool // so failed some of them
	said           int  // tenths of the sweep that a line was about
	cells, before  int  // before: settled by an earlier run
	started        bool

	progress *mpb.Progress // nil without a terminal
	bar      *mpb.Bar
	mu       sync.Mutex
	now      bench.Event // guarded by mu: the bar is drawn by another goroutine
}

// steps is the resolution of the bar.
const steps = 1000

func newSweepView(stdout, stderr io.Writer) *sweepView {
	v := &sweepView{stdout: stdout, stderr: stderr, plain: stdout}
	if !terminal.Is(stderr) {
		return v
	}
	v.progress = mpb.New(mpb.WithOutput(stderr), mpb.WithAutoRefresh())
	if terminal.Is(stdout) {
		v.stdout = v.progress // lines go above the bar
	}
	bar, err := v.progress.Add(steps, mpb.BarStyle().Build(),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return v.left() + " " })),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + v.trial() })))
	if err == nil { // else the terminal is gone
		v.bar = bar
	}
	return v
}

func (v *sweepView) left() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return fmt.Sprintf("%v left", roundTime(v.now.Left))
}

func (v *sweepView) trial() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	what := fmt.Sprintf("trial %d", v.now.Repeat)
	if v.now.Repeat == 0 {
		what = "warm-up"
	}
	return fmt.Sprintf("%d of %d cells done; %s of %s", v.now.Settled, v.now.Cells, what, bench.Label(v.now.Cell))
}

func (v *sweepView) event(e bench.Event) {
	if !v.started {
		v.started, v.cells, v.before = true, e.Cells, e.Settled
		if e.Settled > 0 {
			fmt.Fprintf(v.stdout, "%d of %d cells were done before\n", e.Settled, e.Cells)
		}
	}
	v.mu.Lock()
	v.now = e
	v.mu.Unlock()
	if v.bar != nil {
		v.bar.SetCurrent(min(int64(e.Share*steps), steps-1)) // a full bar would be over
	}
	if e.Record == nil {
		return
	}
	if e.Record.Settled != "" {
		v.row(e)
	}
	if tenth := int(e.Share * 10); v.progress == nil && tenth > v.said && e.Settled < e.Cells {
		v.said = tenth
		fmt.Fprintf(v.stderr, "%d of %d cells done, about %v left\n", e.Settled, e.Cells, roundTime(e.Left))
	}
}

const sweepColumns = "%-44s %12s %8s %7s  %s\n"

// row is the line of a cell that is done with.
func (v *sweepView) row(e bench.Event) {
	if !v.headed {
		v.headed = true
		fmt.Fprintf(v.stdout, sweepColumns, "cell", "goodput", "±", "trials", "")
	}
	label, note := bench.Label(e.Cell), ""
	switch settled := e.Record.Settled; {
	case settled == "repeats":
		note = "as often as allowed"
	case settled == "unfaithful" && e.Goodput.N > 0:
		note = "no more, as too many trials were unfaithful"
	case settled == "failures" || settled == "unfaithful":
		why := cmp.Or(e.Record.Error, "unfaithful: "+e.Record.Unfaithful)
		v.unfaithful = v.unfaithful || settled == "unfaithful"
		v.failed = append(v.failed, label+": "+strings.Join(strings.Fields(why), " "))
		note = "failed"
	}
	if note != "failed" {
		v.measured++
	}
	median, width := "-", "-"
	if e.Goodput.N > 0 {
		median = stats.FormatRate(e.Goodput.Median)
	}
	if w := e.Goodput.RelativeWidth(); w <= widest {
		width = stats.FormatShare(w)
	}
	fmt.Fprintf(v.stdout, sweepColumns, label, median, width, fmt.Sprint(e.Goodput.N), note)
}

// widest is the largest interval shown: there is none, or it says nothing.
const widest = 10

// finish takes the bar away.
func (v *sweepView) finish() {
	if v.bar != nil {
		v.bar.Abort(true)
	}
	if v.progress != nil {
		v.progress.Wait()
		v.stdout = v.plain
	}
}

// summary says how the cells ended, and returns how many failed.
func (v *sweepView) summary() (failed int) {
	fmt.Fprintf(v.stdout, "%s measured", count(v.measured, "cell"))
	if v.before > 0 {
		fmt.Fprintf(v.stdout, ", %d before", v.before)
	}
	if len(v.failed) == 0 {
		fmt.Fprintln(v.stdout)
		return 0
	}
	fmt.Fprintf(v.stdout, ", %d failed:\n", len(v.failed))
	for _, line := range v.failed {
		fmt.Fprintln(v.stdout, "  "+line)
	}
	return len(v.failed)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
