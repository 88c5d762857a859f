// Package bench runs sweeps: it measures every cell of a scenario again and
// again, in a shuffled order, and writes a record of each trial.
//
//	         round 0          round 1           round 2 …
//	cells ─► warm-up of each ─► a trial of each ─► a trial of each unsettled ─► until all are settled
//	         (shuffled)         (shuffled anew)
//
// In rounds, whatever drifts in the machine meets all cells alike.
package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"time"

	"bbftp/bench/payload"
	"bbftp/bench/peer"
	"bbftp/bench/scenario"
	"bbftp/bench/trial"
)

// Sweep measures a scenario.
type Sweep struct {
	Scenario scenario.Scenario
	Peers    []peer.Peer // those that the scenario names
	// Dir is where the payload and the copies go, in a directory of its own, but
	// those of cells in memory. It needs room for two files of the largest size.
	// "": memory if there is as much of it, else the system's temporary directory;
	// that one for cells on disk.
	Dir      string
	Build    string // commit of this program
	Log      *slog.Logger
	Progress func(Event) // from the goroutine of Run; nil: none

	system system // the real one, but in tests
}

// Excluded is a cell that its peer cannot do.
type Excluded struct {
	Cell trial.Cell
	Why  error
}

// Cells are those that will be measured, and those of the scenario that make no
// sense for their peer.
func (s *Sweep) Cells() (cells []trial.Cell, excluded []Excluded, err error) {
	all, err := s.Scenario.Cells()
	if err != nil {
		return nil, nil, err
	}
	for _, c := range all {
		p := s.peer(c.Peer)
		if p == nil {
			return nil, nil, fmt.Errorf("sweep: no peer %q", c.Peer)
		}
		if !slices.Contains(payload.Kinds(), payload.Kind(c.Kind)) {
			return nil, nil, fmt.Errorf("sweep: no kind of payload %q: want one of %v", c.Kind, payload.Kinds())
		}
		if why := p.Supports(c); why != nil {
			excluded = append(excluded, Excluded{c, why})
			continue
		}
		cells = append(cells, c)
	}
	if len(cells) == 0 {
		if len(excluded) > 0 {
			return nil, excluded, fmt.Errorf("sweep: nothing to measure: %w", excluded[0].Why)
		}
		return nil, nil, errors.New("sweep: nothing to measure")
	}
	return cells, excluded, nil
}

func (s *Sweep) peer(name string) peer.Peer {
	i := slices.IndexFunc(s.Peers, func(p peer.Peer) bool { return p.Name() == name })
	if i < 0 {
		return nil
	}
	return s.Peers[i]
}

// Run measures until all cells are settled, or ctx ends: then it gives up the
// trial under way and returns the cause, or the scenario's budget of time:
// then it returns [ErrBudget] between two trials. A trial that fails is a record and no
// error. done are the records of a results file to go on with; they must be of
// this very scenario, which may have got more cells since. Everything is
// removed in the end but what w was given.
func (s *Sweep) Run(ctx context.Context, w *trial.Writer, done []trial.Record) (err error) {
	cells, _, err := s.Cells()
	if err != nil {
		return err
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.system == nil {
		s.system = newMachine()
	}
	p := newPlan(s.Scenario, cells)
	if err := s.resume(p, done); err != nil {
		return err
	}
	places, remove, err := s.storages(cells)
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	defer func() {
		if failed := remove(); failed != nil {
			err = errors.Join(err, fmt.Errorf("sweep: remove the directory to work in: %w", failed))
		}
	}()
	env, err := s.environment(ctx, places)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("sweep: %w", err)
	}
	begun, budget := s.system.now(), time.Duration(s.Scenario.Repeats.Budget)
	out := &output{w: w, env: env, written: map[string]bool{}}
	for c := p.next(); c != nil; c = p.next() {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if budget > 0 && s.system.now().Sub(begun) >= budget {
			return ErrBudget
		}
		repeat := c.repeat()
		s.report(p, c, repeat, nil)
		// Garbage of the last trial must not be collected in this one.
		runtime.GC()
		began := s.system.now()
		r, backend := runner{s, places}.run(ctx, c.sized(), repeat)
		if ctx.Err() != nil && r.Error != "" {
			return context.Cause(ctx) // which is why it failed
		}
		r.Settled = c.take(r, s.Scenario.Repeats, s.system.now().Sub(began))
		s.Log.Info("trial", "cell", Label(r.Cell), "repeat", r.Repeat, "goodput", r.Goodput, "error", r.Error, "unfaithful", r.Unfaithful)
		if err := out.write(r, backend); err != nil {
			return fmt.Errorf("sweep: write the record of a trial: %w", err)
		}
		s.report(p, c, repeat, &r)
	}
	return nil
}

// ErrBudget tells that the scenario's budget of time was over before all cells
// were settled. What was measured stands.
var ErrBudget = errors.New("sweep: the budget of time is over")

// sizeOf is the size of a cell's files as far as it is known from the start: a
// cell with a duration will say later what it needs.
func sizeOf(c trial.Cell) int64 {
	if c.Duration == 0 {
		return c.Bytes
	}
	return firstSize(c)
}

// system is what a sweep needs of the machine.
type system interface {
	// open makes the path of a cell.
	open(ctx context.Context, c trial.Cell, seed uint64) (path, error)
	// observe watches a trial.
	observe(p path, c trial.Cell) (observer, error)
	// environment describes the machine.
	environment(build, files string) (trial.Environment, error)
	// free is the room in bytes below a directory.
	free(dir string) (int64, error)
	now() time.Time
}

// output writes records, each after the environment it names.
type output struct {
	w       *trial.Writer
	env     trial.Environment // with the back-end of the last path there was
	written map[string]bool   // environments, by ID
}

// write takes a trial that failed before it had a path for one on the machine
// of the others.
func (o *output) write(r trial.Record, backend string) error {
	if backend != "" {
		o.env.Emulator = backend
	}
	env := o.env
	env.ID = identify(env)
	if !o.written[env.ID] {
		if err := o.w.Environment(env); err != nil {
			return err
		}
		o.written[env.ID] = true
	}
	r.Environment = env.ID
	return o.w.Trial(r)
}
