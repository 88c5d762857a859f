package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"
	"testing"

	"bbftp/engine/auth"
	"bbftp/engine/client"
	"bbftp/engine/command"
	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

func TestNumber(t *testing.T) {
	local := func(err error) error { return &client.LocalError{Op: "get x", Err: err} }
	path := func(err error) error { return &fs.PathError{Op: "open", Path: "x", Err: err} }
	for _, tt := range []struct {
		err  error
		want int
	}{
		{usageErrorf(20, "no commands"), 20},
		{killed{os.Interrupt}, 33},
		{killed{syscall.SIGTERM}, 34},
		{fmt.Errorf("%w: %w", errPassword, fs.ErrNotExist), 19},
		{fmt.Errorf("%w: %w", errPassword, killed{syscall.SIGTERM}), 34},
		{command.ErrUnknown, 25},
		{command.ErrArguments, 26},
		{client.ErrVersion, 101},
		{&client.BrokenError{Err: client.ErrVersion}, 101},
		{&client.LoginError{Err: auth.ErrTooLong}, 56},
		{&client.RefusedError{Text: "no"}, 100},
		{&client.LoginError{Err: &client.RefusedError{Text: "no", NoRetry: true}}, 100},
		{&client.LoginError{Err: errors.New("key of 512 bits")}, 56},
		{&client.ConnectError{Err: &net.DNSError{IsNotFound: true}}, 17},
		{&client.ConnectError{Err: &net.DNSError{IsTemporary: true}}, 33},
		{&client.ConnectError{Err: syscall.ECONNREFUSED}, 33},
		{&client.RequestError{Err: wire.ErrString}, 26},
		{&client.BrokenError{Err: io.EOF}, 62},
		{errors.Join(killed{os.Interrupt}, &client.BrokenError{Err: net.ErrClosed}), 33},
		{context.Canceled, 33},
		{fmt.Errorf("%w: %w", errLocalDir, local(path(syscall.ENOENT))), 71},
		{local(path(syscall.ENOENT)), 72},
		{local(path(storage.ErrIsDirectory)), 73},
		{local(path(syscall.ENOTDIR)), 76},
		{local(path(syscall.EACCES)), 77},
		{local(path(syscall.EROFS)), 72},
		{local(path(syscall.ENOSPC)), 79},
		{local(path(syscall.EDQUOT)), 79},
		{local(storage.ErrTooLarge), 79},
		{errors.New("anything else"), 1},
	} {
		for _, err := range []error{
			tt.err,
			fmt.Errorf("put x: %w", tt.err),
			&client.ExhaustedError{Tries: 5, Err: tt.err},
		} {
			want := tt.want
			if _, tired := err.(*client.ExhaustedError); tired && want == 1 {
				want = 33
			}
			if got := number(err); got != want {
				t.Errorf("%v has number %d, want %d", err, got, want)
			}
		}
	}
}
