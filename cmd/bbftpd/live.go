package main

import (
	"context"
	"time"

	"bbftp/cmd/bbftpd/internal/health"
	"bbftp/cmd/bbftpd/internal/process"
	"bbftp/cmd/internal/version"
)

// live serves until orders end it:
//
//	          SIGTERM               --drain, second signal
//	serving ───────────▶ draining ─────────────────────────▶ cut
//	  │ ▲                   │ no transfer left                │
//	  └─┘ SIGHUP            └───────────────▶ end ◀───────────┘
func (d *daemon) live(orders *process.Orders) error {
	cut, end := context.WithCancel(orders.Cut)
	defer end()
	ended := make(chan error, 1)
	go func() { ended <- d.service.Serve(cut, d.pulse) }()
	if err := d.welcome(); err != nil {
		end()
		<-ended
		return err
	}
	go health.Watch(orders.Stop, d.pulse.Check, d.log)
	for {
		select {
		case <-orders.Reload:
			d.reload()
		case <-orders.Stop.Done():
			d.state.Is(health.Draining)
			health.Stopping(d.log, "finishing what is running, for up to %v", d.o.Drain)
			err := d.finish(orders, end, ended)
			if err == nil {
				d.log.Info("stopped")
			} else {
				d.log.Error("stopped", "error", err)
			}
			return err
		case err := <-ended:
			d.log.Error("stopped", "error", err)
			return err
		}
	}
}

// finish lets running transfers come to their end, for as long as they may, and
// cuts the rest.
func (d *daemon) finish(orders *process.Orders, cut func(), ended <-chan error) error {
	if d.o.Drain > 0 {
		d.log.Info("stopping: running transfers may finish", "within", d.o.Drain)
		d.service.drain(orders.Cut)
		limit := time.NewTimer(d.o.Drain)
		defer limit.Stop()
		select {
		case err := <-ended:
			return err
		case <-limit.C:
			d.log.Warn("cutting what has not finished", "after", d.o.Drain)
		case <-orders.Cut.Done():
			d.log.Warn("cutting what has not finished", "reason", "a second signal")
		}
	}
	cut()
	return <-ended
}

// welcome tells everybody who waits for it that clients may come.
func (d *daemon) welcome() error {
	for _, line := range d.o.Start.Ignored {
		d.log.Warn("start-up file: not a setting of this program", "line", line)
	}
	d.log.Info("serving", "address", d.pulse.Addr().String(), "version", version.Release)
	d.room.Log(d.log)
	if d.announce != nil {
		if err := d.announce(d.pulse.Addr()); err != nil {
			return err
		}
	}
	if d.o.Background && process.Detached() {
		_ = d.journal.Flush() // what it has to say so far is for the terminal
		if err := process.Settle(); err != nil {
			return err
		}
	}
	d.state.Is(health.Serving)
	health.Ready(d.log, "serving on %v", d.pulse.Addr())
	return nil
}
