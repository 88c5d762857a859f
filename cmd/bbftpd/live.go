package main

import (
	"context"
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"

	"bbftp/cmd/internal/version"
)

// live serves until orders end it:
//
//	          SIGTERM               --drain, second signal
//	serving ───────────▶ draining ─────────────────────────▶ cut
//	  │ ▲                   │ no transfer left                │
//	  └─┘ SIGHUP            └───────────────▶ end ◀───────────┘
func (d *daemon) live(orders *orders) error {
	cut, end := context.WithCancel(orders.cut)
	defer end()
	ended := make(chan error, 1)
	go func() { ended <- d.service.Serve(cut, d.pulse) }()
	if err := d.welcome(); err != nil {
		end()
		<-ended
		return err
	}
	go watch(orders.stop, d.pulse.check, d.log)
	for {
		select {
		case <-orders.reload:
			d.reload()
		case <-orders.stop.Done():
			d.health.is(draining)
			tell(d.log, sd.SdNotifyStopping+status("finishing what is running, for up to %v", d.o.drain))
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
func (d *daemon) finish(orders *orders, cut func(), ended <-chan error) error {
	if d.o.drain > 0 {
		d.log.Info("stopping: running transfers may finish", "within", d.o.drain)
		d.service.drain(orders.cut)
		limit := time.NewTimer(d.o.drain)
		defer limit.Stop()
		select {
		case err := <-ended:
			return err
		case <-limit.C:
			d.log.Warn("cutting what has not finished", "after", d.o.drain)
		case <-orders.cut.Done():
			d.log.Warn("cutting what has not finished", "reason", "a second signal")
		}
	}
	cut()
	return <-ended
}

// welcome tells everybody who waits for it that clients may come.
func (d *daemon) welcome() error {
	for _, line := range d.o.start.ignored {
		d.log.Warn("start-up file: not a setting of this program", "line", line)
	}
	d.log.Info("serving", "address", d.pulse.Addr().String(), "version", version.Release)
	d.room.log(d.log)
	if d.announce != nil {
		if err := d.announce(d.pulse.Addr()); err != nil {
			return err
		}
	}
	if err := d.o.serving(d.journal); err != nil {
		return err
	}
	d.health.is(serving)
	tell(d.log, sd.SdNotifyReady+status("serving on %v", d.pulse.Addr()))
	return nil
}
