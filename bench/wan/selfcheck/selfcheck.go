// Package selfcheck proves an emulated path right on the machine at hand: it
// runs traffic of its own across it and compares what came of it with what the
// configuration promises. Sender, receiver, echo and flood are processes of
// their own, so that the emulator is alone in its runtime as it is in use.
package selfcheck

import (
	"context"
	"fmt"
	"strings"
	"time"

	"bbftp/bench/wan"
)

// Options choose what is checked.
type Options struct {
	// Short leaves out what takes long: under 25 s instead of under 4 min.
	Short bool
	// Backend is that of wan.Config.
	Backend string
	// Worker is the command line of a program that calls Work with the one
	// argument appended to it.
	Worker []string
	// Progress, if not nil, is told each row as soon as it is there.
	Progress func(Row)
}

// Row is one line of the table.
type Row struct {
	Check    string // what is looked at
	Path     string // across which path
	How      string // by which means
	Wanted   string
	Measured string
	Verdict  Verdict
	// Note says why the verdict is not Holds, or how often it took.
	Note string
	// Counted rows are judged by counting: a busy machine can't fail them.
	Counted bool
}

// Verdict is what became of a row.
type Verdict string

// The verdicts.
const (
	Holds  Verdict = "holds"
	Misses Verdict = "misses"
	// Unfaithful is for a row that can't be judged: the emulator itself says,
	// of each attempt, that the path was not what it should be.
	Unfaithful Verdict = "unfaithful"
)

// attempts is how often a timing is tried: a machine that is busy for a moment
// spoils one.
const attempts = 3

// rowTimeout bounds one attempt, which takes 15 s at most when all is well: a
// count that a busy machine did not get through would be taken for a wrong one.
const rowTimeout = 3 * time.Minute

// check is one measurement. It gives one row or several.
type check interface {
	measure(context.Context, lab) (outcome, error)
	describe() Row // what is known before: Check, Path, How, Wanted, Counted
}

// outcome is that of one attempt.
type outcome struct {
	rows   []Row
	report wan.Report
}

// settled reports whether another attempt would not change the verdicts.
func (o outcome) settled() bool {
	for _, r := range o.rows {
		if !r.Counted && (r.Verdict != Holds || len(o.report.Faults) > 0) {
			return false
		}
	}
	return true
}

// judged returns the rows after the last attempt.
func (o outcome) judged(tries int) []Row {
	for i := range o.rows {
		r := &o.rows[i]
		switch {
		case !r.Counted && len(o.report.Faults) > 0:
			r.Verdict = Unfaithful
			r.Note = strings.Join(o.report.Faults, "; ")
		case tries > 1:
			r.Note = fmt.Sprintf("attempt %d", tries)
		}
	}
	return o.rows
}

// Run makes the measurements one after the other. It fails only if ctx ends;
// what could not be measured is a row that misses. Machine, Kernel, Build and
// Date of the table are the caller's to fill in.
func Run(ctx context.Context, o Options) (Table, error) {
	l := lab{worker: o.Worker, backend: o.Backend}
	t := Table{Backend: o.Backend, Short: o.Short}
	checks := full()
	if o.Short {
		checks = short()
	}
	for _, c := range checks {
		out := try(ctx, l, c)
		if b := out.report.Backend; b != "" {
			t.Backend = b
		}
		for _, r := range out.rows {
			if o.Progress != nil {
				o.Progress(r)
			}
			t.Rows = append(t.Rows, r)
		}
		if ctx.Err() != nil {
			return t, fmt.Errorf("self-check: %w", context.Cause(ctx))
		}
	}
	return t, nil
}

// try measures until the outcome is settled, at most so often as attempts says.
func try(ctx context.Context, l lab, c check) outcome {
	for n := 1; ; n++ {
		out, err := attempt(ctx, l, c)
		last := n == attempts || ctx.Err() != nil
		switch {
		case err == nil && (last || out.settled()):
			out.rows = out.judged(n)
			return out
		case err != nil && last:
			r := c.describe()
			r.Verdict, r.Note = Misses, err.Error()
			return outcome{rows: []Row{r}}
		}
	}
}

func attempt(ctx context.Context, l lab, c check) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, rowTimeout)
	defer cancel()
	return c.measure(ctx, l)
}
