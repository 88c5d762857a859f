package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"bbftp/bench/observe"
	"bbftp/bench/peer"
	"bbftp/bench/trial"
)

// path is where a trial runs. Client and Server are the hosts to run programs
// on; Close ends it.
type path interface {
	Client() peer.Host
	Server() peer.Host // nil on a network path
	settings() map[string]string
	close() (link, error)
}

// observer is an observe.Observer.
type observer interface {
	Stop() observe.Observation
}

// link is what an emulated path has to say of itself in the end.
type link struct {
	backend       string
	forward, back trial.Link
	cpu           time.Duration
	faults        []string
}

// runner runs one trial.
type runner struct {
	*Sweep
	places map[string]*storage
}

// run measures a cell once, and names the back-end of an emulated path.
// Whatever goes wrong is in the record.
func (t runner) run(ctx context.Context, c trial.Cell, repeat int) (r trial.Record, backend string) {
	r = trial.Record{
		Time: t.system.now().UTC(), Sweep: t.Scenario.Name, Repeat: repeat, Cell: c,
		Seed: seedOf(t.Scenario.Repeats.Seed, c, repeat),
	}
	if err := t.measure(ctx, &r, &backend); err != nil {
		r.Error = strings.TrimSpace(err.Error())
	}
	return r, backend
}

func (t runner) measure(ctx context.Context, r *trial.Record, backend *string) (err error) {
	place := t.places[r.Storage]
	source, err := place.sources.get(r.Cell)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp(place.work, "trial-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()

	limit := time.Duration(t.Scenario.Repeats.TimeLimit)
	limited, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not done within the time limit of %v", limit))
	defer cancel()
	p, err := t.system.open(limited, r.Cell, r.Seed)
	if err != nil {
		return fmt.Errorf("open the path: %w", err)
	}
	r.Settings = p.settings()
	defer func() {
		end, closeErr := p.close()
		end.fill(r)
		*backend = end.backend
		err = errors.Join(err, closeErr)
	}()
	watch, err := t.system.observe(p, r.Cell)
	if err != nil {
		return fmt.Errorf("observe the path: %w", err)
	}
	outcome, err := t.peer(r.Peer).Run(limited, peer.Job{
		Cell: r.Cell, Client: p.Client(), Server: p.Server(), Source: source, Work: work, Log: t.Log,
	})
	seen := watch.Stop()
	if err == nil {
		err = complete(outcome)
	}
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w: %w", context.Cause(limited), err)
	}
	fill(r, outcome, seen, err == nil)
	return err
}

// complete refuses an outcome that no goodput can be made of.
func complete(o peer.Outcome) error {
	switch {
	case o.Bytes <= 0:
		return errors.New("no payload was moved")
	case !o.Ended.After(o.Began):
		return errors.New("the client took no time")
	}
	return nil
}
