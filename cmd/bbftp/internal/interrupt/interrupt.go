// Package interrupt ends a run by signal.
package interrupt

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Error is the cause of a run that a signal ended.
type Error struct{ Signal os.Signal }

func (e Error) Error() string {
	if e.Signal == os.Interrupt {
		return "Killed by SIGINT"
	}
	return "Killed by SIGTERM"
}

// Context makes SIGINT and SIGTERM end the context, with an [Error] as its
// cause. A second signal kills at once.
func Context(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	// Deployed scripts rely on a transfer outliving its terminal and whoever
	// reads its output, and send none of the others.
	signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE, syscall.SIGALRM, syscall.SIGUSR1, syscall.SIGUSR2)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			cancel(Error{s})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel(nil) }
}
