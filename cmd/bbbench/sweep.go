package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"bbftp/bench"
	"bbftp/bench/peer"
	"bbftp/bench/scenario"
	"bbftp/bench/trial"
	"bbftp/bench/wan"
	"bbftp/cmd/internal/version"
)

// The exit statuses of a sweep.
const (
	sweepFailed      = 1 // some cells have no measurement
	sweepUsage       = 2
	sweepInterrupted = 130
)

// runSweep measures the cells of a scenario.
func runSweep(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	return runTrials(ctx, args, stdout, stderr, everyPeer)
}

// choosePeers finds the peers of a scenario; which it may leave out is the
// subcommand's.
type choosePeers func(ctx context.Context, o *sweepOptions, stdout io.Writer) ([]peer.Peer, error)

// everyPeer takes those of the scenario, all of which must be there.
func everyPeer(ctx context.Context, o *sweepOptions, _ io.Writer) ([]peer.Peer, error) {
	var found []peer.Peer
	for _, name := range o.scenario.EveryPeer() {
		p, err := peer.Find(name, o.programs)
		if err != nil {
			return nil, err
		}
		if _, err := p.Version(ctx); err != nil {
			return nil, fmt.Errorf("peer %s: %w", name, err)
		}
		found = append(found, p)
	}
	return found, nil
}

func runTrials(ctx context.Context, args []string, stdout, stderr io.Writer, choose choosePeers) error {
	inside := len(args) > 1 && args[1] == isolated
	command := args[0]
	if inside {
		args = args[1:]
	}
	o, err := parseSweep(command, args)
	if err != nil {
		return exit{sweepUsage, err}
	}
	if o.print != "" {
		return printScenario(stdout, o.print)
	}
	if o.scenario.Path == trial.Emulated && !inside && !o.dryRun {
		err := wan.Privilege()
		switch {
		case err == nil:
			return isolateSweep(command, args)
		case !o.orLoopback:
			return fmt.Errorf("%w\nTo measure this machine alone, without a network: --path %s", err, trial.Loopback)
		}
		fmt.Fprintf(stdout, "no emulated path here: %v\nThis measures loopback instead: the machine alone, without distance.\n", err)
		o.scenario.Path = trial.Loopback
	}
	peers, err := choose(ctx, &o, stdout)
	switch {
	case ctx.Err() != nil:
		return exited(sweepInterrupted)
	case err != nil:
		return exit{sweepUsage, err}
	}
	s := &bench.Sweep{Scenario: o.scenario, Peers: peers, Dir: o.dir, Build: version.Build()}
	if o.verbose {
		s.Log = slog.New(slog.NewTextHandler(stderr, nil))
	}
	cells, excluded, err := s.Cells()
	if err != nil {
		return exit{sweepUsage, err}
	}
	describe(stdout, s, cells, excluded)
	if o.dryRun {
		return listCells(stdout, cells)
	}
	return measure(ctx, s, o, stdout, stderr)
}

// isolateSweep does the work in a process whose end, however it comes, ends
// all.
func isolateSweep(command string, args []string) error {
	status, err := wan.Isolate(append([]string{command, isolated}, args[1:]...))
	if err != nil {
		return err
	}
	return exited(status)
}

func printScenario(stdout io.Writer, name string) error {
	text, err := scenario.PresetText(name)
	if err != nil {
		return exit{sweepUsage, err}
	}
	_, err = io.WriteString(stdout, text)
	return err
}

// describe says what is to come.
func describe(stdout io.Writer, s *bench.Sweep, cells []trial.Cell, excluded []bench.Excluded) {
	r := s.Scenario.Repeats
	least, most := s.Estimate(cells)
	trials, time := count(r.Max, "trial"), roundTime(most).String()
	if r.Min < r.Max {
		trials = fmt.Sprintf("%d to %s", r.Min, trials)
		time = fmt.Sprintf("%v to %s", roundTime(least), time)
	}
	fmt.Fprintf(stdout, "%s: %s\n", s.Scenario.Name, s.Scenario.About)
	fmt.Fprintf(stdout, "%s, %s of each and %d to warm up: about %s\n", count(len(cells), "cell"), trials, *r.WarmUp, time)
	type reason struct{ peer, why string }
	counts := map[reason]int{}
	var reasons []reason
	for _, e := range excluded {
		r := reason{e.Cell.Peer, e.Why.Error()}
		if counts[r]++; counts[r] == 1 {
			reasons = append(reasons, r)
		}
	}
	for _, r := range reasons {
		fmt.Fprintf(stdout, "without %d of %s: %s\n", counts[r], r.peer, r.why)
	}
}

func listCells(stdout io.Writer, cells []trial.Cell) error {
	for _, c := range cells {
		if _, err := fmt.Fprintln(stdout, bench.Label(c)); err != nil {
			return err
		}
	}
	return nil
}

func roundTime(d time.Duration) time.Duration {
	if d < 10*time.Minute {
		return d.Round(time.Second)
	}
	return d.Round(time.Minute)
}

// measure runs the sweep and says how it ended.
func measure(ctx context.Context, s *bench.Sweep, o sweepOptions, stdout, stderr io.Writer) (err error) {
	results, err := openResults(o.out, o.resume)
	if err != nil {
		return exit{sweepUsage, err}
	}
	defer func() {
		if failed := results.close(); failed != nil {
			err = errors.Join(fmt.Errorf("close the results: %w", failed), err)
		}
	}()
	if results.cut {
		fmt.Fprintf(stdout, "%s: the last line was cut by a kill or a full disk, and goes\n", o.out)
	}
	if results.others > 0 {
		fmt.Fprintf(stdout, "%s: %s of other builds stay there, and do not count here\n", o.out, count(results.others, "trial"))
	}
	show := newSweepView(stdout, stderr)
	s.Progress = show.event
	// The first signal ends the trial in good order, the second everything.
	defer context.AfterFunc(ctx, func() { signal.Reset(os.Interrupt, syscall.SIGTERM) })()
	err = s.Run(ctx, trial.NewWriter(results), results.done)
	show.finish()
	if errors.Is(err, bench.ErrBudget) {
		fmt.Fprintf(stdout, "the budget of %v is over: of the cells that are not listed, what was measured stands\n", s.Scenario.Repeats.Budget)
		err = nil
	}
	again := fmt.Sprintf("to go on: the same command with --resume\nresults so far: %s\n", o.out)
	switch {
	case err != nil && ctx.Err() != nil:
		fmt.Fprintf(stdout, "interrupted; all that was measured is kept\n%s", again)
		if err != context.Cause(ctx) { // something did not end well
			return exit{sweepInterrupted, err}
		}
		return exited(sweepInterrupted)
	case err != nil:
		if show.started {
			fmt.Fprint(stdout, again)
		}
		return err
	}
	failed := show.summary()
	if show.unfaithful {
		fmt.Fprintln(stdout, "to measure what was unfaithful again: the same with --resume, when less runs on this machine")
	}
	fmt.Fprintf(stdout, "results: %s\nto read them: bbbench report %s\n", o.out, o.out)
	if failed > 0 {
		return exited(sweepFailed)
	}
	return nil
}
