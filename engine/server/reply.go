package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"bbftp/engine/admission"
	"bbftp/engine/storage"
	"bbftp/engine/transfer"
	"bbftp/engine/wire"
	"bbftp/netio"
	"bbftp/netio/zerocopy"
)

// permanent are the causes no retry mends, whatever the operation (wire.md
// 7.3). Only these make a MSG_BAD_NO_RETRY.
var permanent = []syscall.Errno{
	syscall.EACCES, syscall.EPERM, syscall.EROFS, syscall.EDQUOT, syscall.ENOSPC, syscall.EFBIG,
	syscall.ELOOP, syscall.ENAMETOOLONG, syscall.ENOTDIR, syscall.EISDIR, syscall.EINVAL, syscall.E2BIG,
}

// refusal answers a failed operation: text with the cause in legacy spelling,
// and NO_RETRY for a permanent cause or one listed in also.
func refusal(text string, err error, also ...syscall.Errno) wire.Reply {
	kind := wire.MsgBad
	var errno syscall.Errno
	if errors.As(err, &errno) {
		if slices.Contains(permanent, errno) || slices.Contains(also, errno) {
			kind = wire.MsgBadNoRetry
		}
	}
	return wire.Reply{Kind: kind, Text: text}
}

// reason words err for the peer: fixed words for our own errors, the system's
// for others, so that no path of this machine leaves it.
func reason(err error) string {
	for _, known := range []struct {
		err  error
		text string
	}{
		{storage.ErrNotRegular, "Not a regular file"},
		{storage.ErrTooLarge, "File too large"},
		{storage.ErrTooMany, "Too many names match"},
		{errNeverSoMany, sentence(errNeverSoMany)},
		{admission.ErrStreams, sentence(admission.ErrStreams)},
		{netio.ErrNoPort, "No free data port"},
		{errNoMass, "No mass storage"},
		{errStranger, "Not the address that ssh came from"},
		{storage.ErrStalled, "The mass storage did not answer in time"},
		{storage.ErrBusy, "The mass storage is busy"},
		{transfer.ErrMemory, "Too many compressed transfers at once"},
		{zerocopy.ErrTrickle, "The data come too slowly"},
		{transfer.ErrChanged, textChanged},
		{zerocopy.ErrShortSource, textChanged},
		{storage.ErrChanged, textChanged},
		{transfer.ErrBlock, "Invalid compressed block"},
		{transfer.ErrExcess, "More data than announced"},
		{context.Canceled, "The server stops"},
		{context.DeadlineExceeded, "Connection timed out"},
		{os.ErrDeadlineExceeded, "Connection timed out"},
		{io.ErrUnexpectedEOF, "Connection closed before the end of the data"},
		// What a sender meets first after a reset is a race; a pipe would mean nothing
		// to the client.
		{syscall.EPIPE, "Connection reset by peer"},
	} {
		if errors.Is(err, known.err) {
			return known.text
		}
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		text := errno.Error()
		return strings.ToUpper(text[:1]) + text[1:]
	}
	if errors.Is(err, fs.ErrPermission) {
		return "Permission denied"
	}
	return "Input/output error"
}

func createRefusal(name string, err error) wire.Reply {
	switch {
	case errors.Is(err, storage.ErrIsDirectory):
		return wire.Reply{Kind: wire.MsgBadNoRetry, Text: fmt.Sprintf("File %s is a directory", name)}
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return wire.Reply{Kind: wire.MsgBadNoRetry, Text: textNoSpace}
	}
	return refusal(fmt.Sprintf("Error creation file %s : %s ", name, reason(err)), err)
}

func openRefusal(name string, err error) wire.Reply {
	if errors.Is(err, storage.ErrIsDirectory) {
		return wire.Reply{Kind: wire.MsgBadNoRetry, Text: fmt.Sprintf("File %s is a directory", name)}
	}
	return refusal(fmt.Sprintf("Error stating file %s : %s ", name, reason(err)), err, syscall.ENOENT)
}

func mkdirRefusal(name string, err error) wire.Reply {
	return refusal(fmt.Sprintf("Error creation directory %s : %s", name, reason(err)), err, syscall.ENOENT, syscall.EEXIST)
}

func chdirRefusal(name string, err error) wire.Reply {
	return refusal(fmt.Sprintf("Error changing directory %s : %s ", name, reason(err)), err, syscall.ENOENT)
}

func listRefusal(pattern string, err error) wire.Reply {
	return refusal(fmt.Sprintf("Error listing %s : %s", pattern, reason(err)), err)
}

// transferRefusal answers a transfer that failed on its data streams.
func transferRefusal(err error) wire.Reply {
	var connect *connectError
	switch {
	case errors.Is(err, errNeverSoMany):
		return wire.Reply{Kind: wire.MsgBadNoRetry, Text: reason(err)}
	case errors.Is(err, admission.ErrStreams):
		return wire.Reply{Kind: wire.MsgBad, Text: reason(err)}
	case errors.As(err, &connect):
		return wire.Reply{Kind: wire.MsgBad, Text: fmt.Sprintf("Cannot connect receive socket %d : %s", connect.stream, reason(connect.err))}
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return wire.Reply{Kind: wire.MsgBadNoRetry, Text: textNoSpace}
	case errors.Is(err, transfer.ErrChanged), errors.Is(err, zerocopy.ErrShortSource):
		return wire.Reply{Kind: wire.MsgBadNoRetry, Text: textChanged}
	}
	return wire.Reply{Kind: wire.MsgBad, Text: reason(err)}
}

// ended words the end of a control connection between commands.
func ended(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errIdle
	}
	return err
}

var errIdle = errors.New("no command within the time limit")
