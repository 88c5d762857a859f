// Package modern is the command line with verbs: bbftp put, get, ls and others.
//
// A run is: parse → plan (operands, targets) → one session → one operand after
// the other → summary. What happens is told to an [output].
package modern

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"bbftp/cmd/bbftp/internal/firsterr"
	"bbftp/cmd/internal/terminal"
	"bbftp/cmd/internal/version"
)

// Run runs the command line args, of which the first is a verb, and returns the
// exit status. A context that a signal ended has an interrupt.Error as its
// cause.
func Run(ctx context.Context, args []string, stdin *os.File, stdout, stderr io.Writer) int {
	out := firsterr.New(stdout)
	status := runVerb(ctx, args, stdin, out, stderr)
	if err := out.Err(); err != nil {
		line(stderr, fmt.Sprintf("bbftp: write output: %v", err))
		status = cmp.Or(status, exitSome)
	}
	return status
}

func runVerb(ctx context.Context, args []string, stdin *os.File, stdout, stderr io.Writer) int {
	name, args := args[0], args[1:]
	if name == "help" {
		return help(args, stdout, stderr)
	}
	v, ok := lookUp(name)
	if !ok {
		return misused(stderr, name, usageErrorf("unknown verb; see bbftp help"))
	}
	o, operands, err := parse(name, args)
	switch {
	case err != nil:
		return misused(stderr, name, err)
	case o.help:
		_, _ = io.WriteString(stdout, v.help())
		return exitDone
	case o.version:
		fmt.Fprintf(stdout, "bbftp version %s (%s)\n", version.Release, version.Build())
		return exitDone
	case len(operands) < v.operands:
		return misused(stderr, name, usageErrorf("%d operands are needed: %s", v.operands, v.form))
	}
	out := o.output(stdout, stderr)
	r := &run{verb: name, o: o, out: out, began: time.Now()}
	r.dial = func(at remote) (server, error) { return o.connect(ctx, at, out, stdin, stderr) }
	err = v.run(ctx, r, operands)
	if wrong := (usageError{}); errors.As(err, &wrong) {
		return misused(stderr, name, err)
	}
	return r.finish(err)
}

func misused(stderr io.Writer, verb string, err error) int {
	line(stderr, fmt.Sprintf("bbftp: %s: %v", verb, err))
	return exitUsage
}

// output chooses how to show what happens.
func (o *options) output(stdout, stderr io.Writer) output {
	if o.json {
		return newEvents(stdout)
	}
	p := plain{out: stdout, err: stderr, quiet: o.quiet, verbose: o.verbose, explain: o.explain}
	if o.progress == "always" || o.progress == "auto" && !o.quiet && terminal.Is(stderr) {
		b := &bars{plain: p, screen: stderr, after: settled}
		if o.progress == "always" {
			b.after = 0
		}
		return b
	}
	return &p
}

// run is one run of a verb.
type run struct {
	verb  string
	o     *options
	out   output
	dial  func(remote) (server, error)
	began time.Time
	tally
}

// session connects to the server and lets work use the session. Without one,
// all the operands that are left, so many, are skipped.
func (r *run) session(at remote, operands int, work func(server) error) error {
	s, err := r.dial(at)
	if err != nil {
		if wrong := (usageError{}); errors.As(err, &wrong) {
			return err
		}
		r.skipped += operands
		if r.stop(err); r.exit == exitSome {
			r.exit = exitLost // for whatever reason, such as no ssh on this machine
		}
		r.out.done(outcome{op: r.verb, object: at.host, server: true, err: err})
		return nil
	}
	defer func() { _ = s.Close() }()
	return work(s)
}

// each works on operands in turn. A failed one does not keep the others from
// their turn, unless nothing can be done any more.
func each[T any](ctx context.Context, r *run, operands []T, work func(T) outcome) {
	for i, operand := range operands {
		o := work(operand)
		o.op = r.verb
		r.did(o)
		if o.err != nil && final(ctx, o.err) {
			r.skipped += len(operands) - i - 1
			r.stop(o.err)
			return
		}
	}
}

// did counts and shows the end of one operand.
func (r *run) did(o outcome) {
	var bytes int64
	if o.copied != nil && !o.copied.Simulated {
		bytes = o.copied.Bytes
	}
	r.add(o.err, bytes)
	r.out.done(o)
}

// finish shows the summary and returns the exit status. err is what ended the
// run early.
func (r *run) finish(err error) int {
	if err != nil {
		r.stop(err)
		r.out.done(outcome{op: r.verb, server: true, err: err})
	}
	r.out.finish(summary{op: r.verb, tally: r.tally, took: time.Since(r.began)})
	return r.status()
}
