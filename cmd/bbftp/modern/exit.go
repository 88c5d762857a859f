package modern

import (
	"context"
	"errors"
	"os"

	"bbftp/cmd/bbftp/internal/interrupt"
	"bbftp/engine/client"
)

// The exit statuses, as the help text has them.
const (
	exitDone        = 0
	exitSome        = 1
	exitUsage       = 2
	exitLost        = 3
	exitLogin       = 4
	exitRefused     = 5
	exitInterrupted = 130
	exitTerminated  = 143
)

const exitHelp = `Exit status
  0    everything was done
  1    something was not: standard error says what and why
  2    wrong usage
  3    the server was not reached, was lost, or speaks no version in common
  4    the login was refused
  5    the server refused everything that was asked
  130  interrupted (SIGINT), 143 terminated (SIGTERM)
`

// errPassword is a password that could not be read.
var errPassword = errors.New("password")

// exitOf is the exit status of a run in which only err happened.
func exitOf(err error) int {
	var (
		wrong   usageError
		killed  interrupt.Error
		login   *client.LoginError
		refused *client.RefusedError
		connect *client.ConnectError
		broken  *client.BrokenError
	)
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &killed):
		if killed.Signal == os.Interrupt {
			return exitInterrupted
		}
		return exitTerminated
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &wrong):
		return exitUsage
	case errors.As(err, &login), errors.Is(err, errPassword):
		return exitLogin
	case errors.As(err, &connect), errors.As(err, &broken), errors.Is(err, client.ErrVersion):
		return exitLost
	case errors.As(err, &refused):
		return exitRefused
	}
	return exitSome
}

// final tells whether nothing further can be done after err: the user stopped
// the run, or no session can be had.
func final(ctx context.Context, err error) bool {
	var session *client.SessionError
	return ctx.Err() != nil || errors.As(err, &session) || errors.Is(err, client.ErrVersion)
}

// tally counts what became of the operands of a run, and of the files that they
// stand for.
type tally struct {
	done, failed, skipped int
	made                  bool // a directory
	bytes                 int64
	exit                  int // of the failures, exitSome if they differ
	stopped               bool
}

func (t *tally) add(err error, bytes int64) {
	if err == nil {
		t.done++
		t.bytes += bytes
		return
	}
	if _, out := errors.AsType[leftOut](err); out {
		t.skipped++
	} else {
		t.failed++
	}
	if exit := exitOf(err); t.exit == exitDone {
		t.exit = exit
	} else if t.exit != exit {
		t.exit = exitSome
	}
}

// stop ends the run with err as its reason, whatever was done before.
func (t *tally) stop(err error) { t.exit, t.stopped = exitOf(err), true }

// status is the exit status of the run.
func (t *tally) status() int {
	if t.stopped || t.done == 0 && !t.made {
		return t.exit
	}
	return min(t.exit, exitSome)
}
