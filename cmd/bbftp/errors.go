package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"

	"bbftp/engine/client"
	"bbftp/engine/command"
	"bbftp/engine/storage"
)

// usageError is a mistake on the command line, with its number.
type usageError struct {
	number int
	err    error
}

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usageErrorf(number int, format string, args ...any) error {
	return usageError{number, fmt.Errorf(format, args...)}
}

// Causes that have a number of their own.
var (
	errPassword = errors.New("password")
	errLocalDir = errors.New("lcd")
)

// number is the error number that scripts written for the legacy client know
// err by; it is also the exit status. The first line that fits counts.
func number(err error) int {
	var (
		wrong     usageError
		signal    killed
		login     *client.LoginError
		refused   *client.RefusedError
		connect   *client.ConnectError
		broken    *client.BrokenError
		local     *client.LocalError
		request   *client.RequestError
		exhausted *client.ExhaustedError
		name      *net.DNSError
	)
	switch {
	case errors.As(err, &wrong):
		return wrong.number
	case errors.As(err, &signal):
		if signal.signal == os.Interrupt {
			return 33
		}
		return 34
	case errors.Is(err, errPassword):
		return 19
	case errors.Is(err, command.ErrUnknown):
		return 25
	case errors.Is(err, command.ErrArguments):
		return 26
	case errors.Is(err, client.ErrVersion):
		return 101
	case errors.As(err, &refused):
		return 100
	case errors.As(err, &login):
		return 56
	case errors.As(err, &name) && name.IsNotFound:
		return 17
	case errors.As(err, &connect):
		return 33
	case errors.As(err, &request):
		return 26
	case errors.Is(err, errLocalDir):
		return 71
	case errors.As(err, &local):
		return localNumber(err)
	case errors.As(err, &broken):
		return 62
	case errors.As(err, &exhausted), errors.Is(err, context.Canceled):
		return 33
	}
	return 1
}

func localNumber(err error) int {
	switch {
	case errors.Is(err, storage.ErrIsDirectory):
		return 73
	case errors.Is(err, syscall.ENOTDIR):
		return 76
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return 79
	case errors.Is(err, fs.ErrNotExist):
		return 72
	case errors.Is(err, fs.ErrPermission):
		return 77
	}
	return 72
}
