package storage

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Refusals. Each also matches the errno named here, so that a caller which
// only knows errno words and judges them rightly.
var (
	// ErrEscapes: a symbolic link leads out of the tree. EACCES, thus [fs.ErrPermission].
	ErrEscapes error = &refusal{"leads outside the permitted tree", syscall.EACCES}
	// ErrIsDirectory: a file was asked for. EISDIR.
	ErrIsDirectory error = &refusal{"is a directory", syscall.EISDIR}
	// ErrNotRegular: a FIFO, a socket or a device. EINVAL.
	ErrNotRegular error = &refusal{"is not a regular file", syscall.EINVAL}
	// ErrTooLarge: beyond [Limits].MaxFileSize. EFBIG.
	ErrTooLarge error = &refusal{"larger than the limit", syscall.EFBIG}
	// ErrNoSpace: would eat into [Limits].Reserve. ENOSPC, which the file system may also report by itself.
	ErrNoSpace error = &refusal{"not enough free space", syscall.ENOSPC}
	// ErrTooMany: a pattern matches more names than a list may hold. E2BIG.
	ErrTooMany error = &refusal{"matches too many names", syscall.E2BIG}
	// ErrNoName: a pattern ends in a slash, or is empty. EINVAL.
	ErrNoName error = &refusal{"names no file", syscall.EINVAL}
	// ErrStalled: mass storage did not deliver in time; worth a retry. ETIMEDOUT.
	ErrStalled error = &refusal{"mass storage did not deliver in time", syscall.ETIMEDOUT}
	// ErrNotDurable: complete and in place, but the disk failed to say that its name
	// is there to stay. EIO.
	ErrNotDurable error = &refusal{"is in place, but may not survive a power failure", syscall.EIO}
	// ErrBusy: too many opens wait for mass storage; worth a retry. EAGAIN.
	ErrBusy error = &refusal{"too many files wait for mass storage", syscall.EAGAIN}
)

// ErrChanged tells that a file no longer has the size it was announced with.
// It matches no errno: the system has none for it.
var ErrChanged = errors.New("size changed")

type refusal struct {
	text  string
	errno syscall.Errno
}

func (r *refusal) Error() string { return r.text }
func (r *refusal) Unwrap() error { return r.errno }

// failed words err for the path the caller asked for. The paths and system call
// names of the errors below are those of our resolution, which says nothing to a
// peer and may show it what lies above its tree.
func failed(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: name, Err: cause(err)}
}

func cause(err error) error {
	switch e := err.(type) {
	case *fs.PathError:
		return e.Err
	case *os.LinkError:
		return e.Err
	}
	return err
}
