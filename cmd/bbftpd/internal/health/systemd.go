package health

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"
)

// tell sends lines of sd_notify(3) to systemd, if it has started this process.
func tell(log *slog.Logger, state string) {
	if _, err := sd.SdNotify(false, state); err != nil {
		log.Warn("systemd was not told", "error", err)
	}
}

func status(format string, args ...any) string { return "\nSTATUS=" + fmt.Sprintf(format, args...) }

// Ready says that clients may come, or may again.
func Ready(log *slog.Logger, format string, args ...any) {
	tell(log, sd.SdNotifyReady+status(format, args...))
}

// Stopping says that the end has begun.
func Stopping(log *slog.Logger, format string, args ...any) {
	tell(log, sd.SdNotifyStopping+status(format, args...))
}

// Reloading says that settings are being read again. systemd wants to know
// when, by the monotonic clock, to tell this reload from one before.
func Reloading(log *slog.Logger) {
	tell(log, fmt.Sprintf("%s\nMONOTONIC_USEC=%d%s", sd.SdNotifyReloading, monotonic().Microseconds(), status("reading the configuration again")))
}

// Watch tells systemd, as often as it wants to hear it, that alive found nothing
// wrong. When it does, systemd ends the process, which serves nobody any more, and
// starts another. Once stopping there are other limits.
func Watch(ctx context.Context, alive func() error, log *slog.Logger) {
	interval, err := sd.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("watchdog of systemd", "error", err)
	}
	if interval == 0 {
		return
	}
	tick := time.NewTicker(interval / 2)
	defer tick.Stop()
	for {
		if err := alive(); err != nil {
			log.Error("not alive", "error", err)
		} else {
			tell(log, sd.SdNotifyWatchdog)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
