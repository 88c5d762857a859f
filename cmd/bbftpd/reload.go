package main

import (
	"cmp"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"syscall"

	"bbftp/cmd/bbftpd/internal/health"
	"bbftp/cmd/bbftpd/internal/settings"
	"bbftp/engine/auth"
)

// reload reads settings, TLS key and accounts again, for sessions that begin
// later, and goes on in new log files. What can't be read, or makes no sense, stays
// as it was; the rest does not wait for it.
func (d *daemon) reload() {
	health.Reloading(d.log)
	defer func() { health.Ready(d.log, "serving on %v", d.pulse.Addr()) }()
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
		defer func() { d.log.Info("configuration read again", "file", cmp.Or(o.File, "none")) }()
	}
	switch err := d.accounts.reload(d.o, d.log); {
	case errors.Is(err, auth.ErrNoUsers):
		d.log.Error("nobody can log in any more", "error", err)
	case err != nil:
		d.log.Error("the old accounts stay", "error", err)
	}
}

// apply makes o the settings, unless they are not valid.
func (d *daemon) apply(o *settings.Options) error {
	if changed := o.Fixed(d.started); len(changed) > 0 {
		d.log.Warn("only a new start changes these settings", "settings", strings.Join(changed, " "))
		o.MassStorage, o.MassLimit = d.started.MassStorage, d.started.MassLimit
	}
	room, err := furnish(o)
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
	d.gate.SetLimits(limits(o, room))
	d.level.Set(o.Level())
	if room != d.room {
		room.Log(d.log)
	}
	d.o, d.identity, d.room = o, identity, room
	return nil
}

// checkReload warns of files that SIGHUP could not read again, for want of the
// rights that were given up.
func checkReload(o *settings.Options, log *slog.Logger) {
	for _, name := range []string{o.File, o.Users, o.TLSKey, o.TLSCert} {
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
