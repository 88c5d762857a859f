package server

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"bbftp/engine/audit"
	"bbftp/engine/storage"
	"bbftp/engine/transfer"
	"bbftp/engine/wire"
)

// TestOutcome tells what is not allowed from what does not work.
func TestOutcome(t *testing.T) {
	for _, tt := range []struct {
		err    error
		want   audit.Outcome
		reason string
	}{
		{nil, audit.OK, ""},
		{storage.ErrTooLarge, audit.Denied, "File too large"},
		{transfer.ErrMemory, audit.Denied, "Too many compressed transfers at once"},
		{errNeverSoMany, audit.Denied, "Too many data streams for this account or server"},
		{errNotWritable, audit.Denied, "Permission denied"},
		{syscall.ENOSPC, audit.Failed, "No space left on device"},
		{&interruption{header: wire.Header{Code: wire.MsgAbr}}, audit.Failed, textInterrupted},
		{&interruption{err: syscall.EACCES}, audit.Failed, reasonLost},
		{&breach{}, audit.Failed, reasonProtocol},
	} {
		if got, reason := outcome(tt.err); got != tt.want || reason != tt.reason {
			t.Errorf("%v: %s, %q", tt.err, got, reason)
		}
	}
}

// TestCrashIsKnown wherever the panic was.
func TestCrashIsKnown(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{fmt.Errorf("stream 1: %w", &transfer.Panic{Value: 1, Stack: []byte("here")}), true},
		{fmt.Errorf("open: %w", &storage.Panic{Value: 1, Stack: []byte("here")}), true},
		{errors.New("panic"), false},
		{nil, false},
	} {
		value, stack, crashed := crash(tt.err)
		if crashed != tt.want || crashed && (value != 1 || string(stack) != "here") {
			t.Errorf("%v: %v, %q, %t", tt.err, value, stack, crashed)
		}
		if _, reason := outcome(tt.err); (reason == reasonCrash) != tt.want {
			t.Errorf("%v is recorded as %q", tt.err, reason)
		}
	}
}
