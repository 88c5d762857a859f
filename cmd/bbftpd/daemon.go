package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"

	"github.com/coreos/go-systemd/v22/activation"

	"bbftp/cmd/bbftpd/internal/health"
	"bbftp/cmd/bbftpd/internal/metrics"
	"bbftp/cmd/bbftpd/internal/process"
	"bbftp/cmd/bbftpd/internal/settings"
	"bbftp/cmd/internal/version"
	"bbftp/engine/admission"
	"bbftp/engine/trust"
	"bbftp/netio"
)

// daemon serves many clients, for long. What needs root happens before it is
// given up: logs, accounts, TLS key, ports.
type daemon struct {
	o *settings.Options
	// started is what o was at first.
	started *settings.Options
	// again reads the settings anew; nil where SIGHUP changes nothing.
	again func() (*settings.Options, error)
	// announce is called, if set, when clients may come.
	announce func(net.Addr) error

	*logs
	accounts accounts
	gate     *admission.Gate
	identity *trust.Identity // nil without TLS
	room     process.Room
	pulse    *health.Pulse
	state    health.State
	service  service

	// closing undoes, last first, what was opened.
	closing []func()
}

// run serves until orders end it.
func (d *daemon) run(orders *process.Orders, stderr io.Writer) error {
	defer func() {
		for _, undo := range d.closing {
			defer undo()
		}
	}()
	var err error
	if d.logs, err = openLogs(d.o, stderr); err != nil {
		return err
	}
	d.onClose(d.logs.close)
	if err := d.open(orders.Stop); err != nil {
		return err
	}
	return d.live(orders)
}

func (d *daemon) onClose(undo func()) { d.closing = append(d.closing, undo) }

// open makes everything that serving takes.
func (d *daemon) open(ctx context.Context) error {
	d.started = d.o
	var err error
	d.room, err = furnish(d.o)
	if err != nil {
		return err
	}
	if d.accounts == nil {
		if d.accounts, err = openAccounts(d.o, d.log); err != nil {
			return err
		}
	}
	if d.identity, err = loadIdentity(d.o, d.log); err != nil {
		return err
	}
	listener, err := listen(ctx, d.o)
	if err != nil {
		return err
	}
	d.onClose(func() { _ = listener.Close() })
	d.pulse = health.NewPulse(listener)
	d.gate = admission.New(limits(d.o, d.room))
	if err := d.openMetrics(ctx); err != nil {
		return err
	}
	if d.o.SystemAccounts == "" {
		if err := process.Become(d.o.RunAs); err != nil {
			return err
		}
	}
	if err := checkDirectories(d.o, d.accounts.list(), d.log); err != nil {
		return err
	}
	if d.again != nil {
		checkReload(d.o, d.log)
	}
	d.service, err = d.newService()
	return err
}

// openMetrics begins to answer on --metrics.
func (d *daemon) openMetrics(ctx context.Context) error {
	if d.o.Metrics == "" {
		return nil
	}
	l, err := metrics.Listen(ctx, d.o.Metrics)
	if err != nil {
		return fmt.Errorf("--metrics: %w", err)
	}
	sources := metrics.Sources{Gate: d.gate, Version: version.Release, LogDropped: d.journal.Dropped}
	if d.trail != nil {
		sources.AuditDropped = d.trail.Dropped
	}
	m := metrics.New(sources)
	d.sinks = append(d.sinks, m)
	ctx, end := context.WithCancel(context.WithoutCancel(ctx)) // it lives through the drain
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err := metrics.Serve(ctx, metrics.Config{Listener: l, Metrics: m, Alive: d.pulse.Check, Ready: d.state.Ready, Log: d.log})
		if err != nil && ctx.Err() == nil {
			d.log.Error("metrics", "error", err)
		}
	}()
	d.onClose(func() { end(); <-ended })
	d.log.Info("metrics", "address", l.Addr().String())
	return nil
}

// furnish finds room for what o asks for.
func furnish(o *settings.Options) (process.Room, error) {
	return process.Furnish(o.MaxSessions, o.MaxDataStreams)
}

// limits are those of the gate.
func limits(o *settings.Options, r process.Room) admission.Limits {
	return admission.Limits{
		Allow: o.Allow, Deny: o.Deny,
		Sessions: r.Sessions, PerAddress: o.MaxPerAddress, PerUser: o.MaxPerUser, Streams: r.Streams,
		FailureDelay: o.LoginDelay,
	}
}

// listen opens the control port, unless systemd.socket(5) has opened it.
func listen(ctx context.Context, o *settings.Options) (*net.TCPListener, error) {
	handed, err := activation.Listeners()
	switch {
	case err != nil:
		return nil, fmt.Errorf("take the socket from systemd: %w", err)
	case len(handed) > 1:
		return nil, fmt.Errorf("systemd hands over %d sockets: the control port is one", len(handed))
	case len(handed) == 1:
		l, ok := handed[0].(*net.TCPListener)
		if !ok {
			return nil, errors.New("systemd hands over a socket that is not of TCP: the control port is ListenStream=PORT")
		}
		return l, nil
	}
	l, err := netio.Listen(ctx, net.JoinHostPort(o.Bind, strconv.Itoa(int(o.Port))), netio.Options{})
	if err != nil {
		return nil, fmt.Errorf("listen for clients: %w", err)
	}
	return l, nil
}
