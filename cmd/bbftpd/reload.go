package main

import (
	"cmp"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"syscall"

	sd "github.com/coreos/go-systemd/v22/daemon"

	"bbftp/engine/auth"
)

// fixed are the settings that only a new start changes.
var fixed = []string{
	"system-accounts", "run-as", "port", "bind", "mass-storage", "mass-storage-limit",
	"log", "log-format", "audit", "metrics",
}

// reload reads settings, TLS key and accounts again, for sessions that begin
// later, and goes on in new log files. What can't be read, or makes no sense, stays
// as it was; the rest does not wait for it.
func (d *daemon) reload() {
	tellReloading(d.log)
	defer func() { tell(d.log, sd.SdNotifyReady+status("serving on %v", d.pulse.Addr())) }()
	d.reopen()
	if d.again == nil {
		return
	}
	o, err := d.again()
	if err == nil {
		err = d.apply(o)
	}
	if err != nil {
		d.log.Error("the old settings stay", "error", err)
	} else {
		defer func() { d.log.Info("configuration read again", "file", cmp.Or(o.file, "none")) }()
	}
	switch err := d.accounts.reload(d.o, d.log); {
	case errors.Is(err, auth.ErrNoUsers):
		d.log.Error("nobody can log in any more", "error", err)
	case err != nil:
		d.log.Error("the old accounts stay", "error", err)
	}
}

// apply makes o the settings, unless they are not valid.
func (d *daemon) apply(o *options) error {
	if changed := differences(d.started, o); len(changed) > 0 {
		d.log.Warn("only a new start changes these settings", "settings", strings.Join(changed, " "))
		o.massStorage, o.massLimit = d.started.massStorage, d.started.massLimit
	}
	room, err := o.furnish()
	if err != nil {
		return err
	}
	identity, err := loadIdentity(o, d.log)
	if err != nil {
		d.log.Error("the old TLS key stays", "error", err)
		identity = d.identity
	}
	if err := d.service.configure(o, identity); err != nil {
		return err
	}
	d.gate.SetLimits(o.limits(room))
	d.level.Set(o.level())
	if room != d.room {
		room.log(d.log)
	}
	d.o, d.identity, d.room = o, identity, room
	return nil
}

// differences names the fixed settings that now and next disagree on.
func differences(now, next *options) []string {
	var names []string
	before, after := now.table(), next.table()
	for _, name := range fixed {
		if setting(before, name).String() != setting(after, name).String() {
			names = append(names, name)
		}
	}
	return names
}

// checkReload warns of files that SIGHUP could not read again, for want of the
// rights that were given up.
func (o *options) checkReload(log *slog.Logger) {
	for _, name := range []string{o.file, o.users, o.tlsKey, o.tlsCert} {
		if name == "" {
			continue
		}
		f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		switch {
		case err == nil:
			_ = f.Close()
		case !errors.Is(err, fs.ErrNotExist): // that is a matter of its own
			log.Warn("SIGHUP will not read a file again", "error", err)
		}
	}
}
