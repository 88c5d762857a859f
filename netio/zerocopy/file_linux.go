package zerocopy

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// refused tells a way the kernel does not offer for these descriptors from a
// way that failed.
func refused(err error) bool {
	return errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) ||
		errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EPERM)
}

// checkAppend refuses an append-only destination that would put the bytes
// elsewhere than asked: pwrite(2) ignores the offset there.
func checkAppend(f *os.File, off int64) (appending bool, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return false, err
	}
	var flags int
	ctlErr := raw.Control(func(fd uintptr) {
		flags, err = unix.FcntlInt(fd, unix.F_GETFL, 0)
	})
	if err := errors.Join(ctlErr, os.NewSyscallError("fcntl", err)); err != nil {
		return false, err
	}
	if flags&unix.O_APPEND == 0 {
		return false, nil
	}
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	if info.Size() != off {
		return true, fmt.Errorf("opened for appending, and its end is at %d: %w", info.Size(), os.ErrInvalid)
	}
	return true, nil
}

// writeAt is f.WriteAt for files opened with O_APPEND as well.
func writeAt(f *os.File, b []byte, off int64) (n int, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	ctlErr := raw.Control(func(fd uintptr) {
		n, err = pwrite(int(fd), b, off)
	})
	if ctlErr != nil {
		return n, ctlErr
	}
	if err != nil {
		err = &os.PathError{Op: "write", Path: f.Name(), Err: err}
	}
	return n, err
}

// pwrite writes all of b.
func pwrite(fd int, b []byte, off int64) (done int, err error) {
	for done < len(b) {
		n, err := retry(func() (int, error) { return unix.Pwrite(fd, b[done:], off+int64(done)) })
		if err == nil && n == 0 {
			err = io.ErrShortWrite
		}
		if err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

// flushPiece is how much write-behind hands to the disk at once.
const flushPiece = 16 << 20

// writeBehind has the disk begin to write what lies before the offset at. That
// it can't, or what fails on the disk, is for fsync to tell.
func (k *carrier) writeBehind(f *os.File, at int64) {
	if !k.flow.WriteBehind || at-k.flushed < flushPiece {
		return
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		// It may wait until the disk's queue has room.
		k.timed(at-k.flushed, 0, func() {
			_ = unix.SyncFileRange(int(fd), k.flushed, at-k.flushed, unix.SYNC_FILE_RANGE_WRITE)
		})
	})
	k.flushed = at
}
