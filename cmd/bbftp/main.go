// Command bbftp copies files to and from bbftp servers.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := interruptible(context.Background())
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// killed is the cause of a run that a signal ended.
type killed struct{ signal os.Signal }

func (k killed) Error() string {
	if k.signal == os.Interrupt {
		return "Killed by SIGINT"
	}
	return "Killed by SIGTERM"
}

// interruptible makes SIGINT and SIGTERM end the context, with the signal as
// its cause. A second signal kills at once.
func interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	// Deployed scripts rely on a transfer outliving its terminal.
	signal.Ignore(syscall.SIGHUP)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			cancel(killed{s})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel(nil) }
}

// run is the program; it returns its exit status.
func run(ctx context.Context, args []string, stdin *os.File, stdout, stderr io.Writer) int {
	o, err := parse(args, stdout)
	if err == nil && o != nil {
		err = transferAll(ctx, o, stdin, stdout, stderr)
	}
	if err == nil {
		return 0
	}
	var reported exitStatus
	if errors.As(err, &reported) {
		return int(reported)
	}
	n := number(err)
	line(stderr, "BBFTP-ERROR-%05d : %v", n, err)
	return n
}

// exitStatus is the outcome of a script whose failures were reported where
// they happened.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }
