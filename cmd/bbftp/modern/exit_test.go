package modern

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"

	"bbftp/cmd/bbftp/internal/interrupt"
	"bbftp/engine/client"
)

func TestExitOf(t *testing.T) {
	refused := &client.RefusedError{Text: "no"}
	for _, tt := range []struct {
		err  error
		want int
	}{
		{nil, exitDone},
		{errors.New("any"), exitSome},
		{&client.LocalError{Op: "put a", Err: syscall.ENOSPC}, exitSome},
		{usageErrorf("wrong"), exitUsage},
		{fmt.Errorf("h: %w", &client.ConnectError{Err: syscall.ECONNREFUSED}), exitLost},
		{&client.ExhaustedError{Tries: 5, Err: &client.BrokenError{Err: syscall.ECONNRESET}}, exitLost},
		{client.ErrVersion, exitLost},
		{&client.LoginError{Err: refused}, exitLogin},
		{fmt.Errorf("%w: no line", errPassword), exitLogin},
		{&client.ExhaustedError{Tries: 5, Err: refused}, exitRefused},
		{interrupt.Error{Signal: syscall.SIGINT}, exitInterrupted},
		{fmt.Errorf("%w: %w", errPassword, interrupt.Error{Signal: syscall.SIGTERM}), exitTerminated},
		{context.Canceled, exitInterrupted},
	} {
		if got := exitOf(tt.err); got != tt.want {
			t.Errorf("%v: %d, want %d", tt.err, got, tt.want)
		}
	}
}

func TestTally(t *testing.T) {
	refused, lost := refusal("no"), &client.ConnectError{Err: syscall.ECONNREFUSED}
	for _, tt := range []struct {
		errs []error
		want int
	}{
		{nil, exitDone},
		{[]error{nil, nil}, exitDone},
		{[]error{refused, refused}, exitRefused},
		{[]error{nil, refused}, exitSome},
		{[]error{refused, nil}, exitSome},
		{[]error{refused, syscall.ENOENT}, exitSome},
		{[]error{syscall.ENOENT, refused}, exitSome},
	} {
		var total tally
		for _, err := range tt.errs {
			total.add(err, 1)
		}
		if got := total.status(); got != tt.want {
			t.Errorf("%v: %d, want %d", tt.errs, got, tt.want)
		}
		total.stop(lost)
		if got := total.status(); got != exitLost {
			t.Errorf("%v, then lost: %d, want %d", tt.errs, got, exitLost)
		}
	}
}
