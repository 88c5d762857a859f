// Package zerocopy moves bytes between files and TCP connections without
// taking them through user space where the kernel allows it: sendfile(2) on
// the way out, splice(2) on the way in, a pooled buffer everywhere else.
//
// Every call names the file range it works on and never touches the file's
// own offset, so any number of streams may share one *os.File.
//
// To cancel a transfer close its connection: the call then returns an error
// that is net.ErrClosed. Setting a deadline from outside does not cancel,
// because the transfer moves the deadline whenever bytes move.
package zerocopy

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// ErrShortSource reports a file that ended before the announced length was
// sent, usually because something truncated it in the meantime.
var ErrShortSource = errors.New("source ended before the announced length")

// Flow says how a transfer is carried and who is told of it. The zero value is
// the way that measured best, without limits.
type Flow struct {
	By Strategy
	// Idle bounds each wait for the peer, 0 for no bound: a transfer of any
	// length may last as long as bytes keep moving. With an idle limit the
	// transfer owns the connection's read or write deadline and clears it on
	// return.
	Idle time.Duration
	// Floor is how many bytes at least must move in two Idle of waiting for the
	// peer, or the transfer ends with ErrTrickle; 0: any progress will do.
	Floor int64
	// Counters may be nil.
	Counters *Counters
	// Memory spares asking a file system again that has refused; nil asks
	// always.
	Memory *Memory
	// Pace, if set, is told of each piece that has moved and returns when the
	// next one may follow; its error ends the transfer. Pieces are then of at
	// most 64 KiB, so that a slow pace is an even one, or of what Piece says.
	Pace func(n int64) error
	// Piece is asked before each piece how many bytes it may be.
	Piece func() int64
	// Turn, if set, is held while the destination is written; receivers into one
	// file should share it. A file lets in one writer at a time, and the others
	// would spin on its lock in the kernel: with four streams a fifth of all
	// processor time went there.
	Turn *sync.Mutex
	// Sparse leaves holes in the destination where the peer sends zeros. They
	// are looked for in user space: it goes by copying. The destination must read
	// as zeros already and have its final size: a fresh file made long by
	// ftruncate(2). What another file holds there would stay.
	Sparse bool
	// WriteBehind has the disk begin to write what was received at once, so that
	// an fsync(2) at the end finds little to do.
	WriteBehind bool
}

// Strategy chooses how bytes move.
type Strategy int

const (
	// Auto takes the way that measured best: Kernel, but for receiving up to
	// 256 KiB, and where splice is known to be refused, Copy.
	Auto Strategy = iota
	// Kernel uses sendfile and splice, and copies only what they refuse.
	Kernel
	// Copy always goes through a buffer in user space.
	Copy
)

// pipePays is the length from which setting up splice's pipe, some 8 µs,
// pays: copying measured ahead up to here, and 20 % behind at 1 MiB.
const pipePays = 256 << 10

// Send sends exactly n bytes of src, starting at off, to dst, and returns how
// many were handed to the kernel; that is not yet how many the peer has seen.
//
// The error is ErrShortSource if src ends early, os.ErrDeadlineExceeded if
// the peer stalls, ErrTrickle if it nearly does, net.ErrClosed if the caller
// closed dst, that of f.Pace, or the system's own (EPIPE, ECONNRESET, EIO, …); all
// are wrapped, test with errors.Is.
func Send(dst *net.TCPConn, src *os.File, off, n int64, f Flow) (int64, error) {
	var done int64
	err := f.within(dst.SetWriteDeadline, off, n, func(k *carrier) (err error) {
		var handled bool
		if k.maySend(src) {
			done, handled, err = k.sendfile(dst, src, off, n)
		}
		if !handled {
			var copied int64
			copied, err = k.copyOut(dst, src, off+done, n-done)
			done += copied
		}
		return err
	})
	if err != nil {
		err = fmt.Errorf("send %s: %d of %d bytes from offset %d: %w", src.Name(), done, n, off, err)
	}
	return done, err
}

// maySend tells whether sendfile is worth trying.
func (k *carrier) maySend(src *os.File) bool {
	if k.flow.By == Copy {
		k.c.because(askedFor)
		return false
	}
	return !k.knownToRefuse(src, bySendfile)
}

// Receive receives exactly n bytes from src and writes them to dst, starting
// at off. It returns how many bytes are in the file; after an error some more
// may have been taken from the connection. Nothing is synced to disk.
// Time spent in writing the file does not count as a wait for the peer.
//
// A file opened with O_APPEND writes at its end whatever the offset, so it is
// accepted only where off is its present end.
//
// The error is io.ErrUnexpectedEOF if the peer closes early,
// os.ErrDeadlineExceeded if it stalls, ErrTrickle if it nearly does, net.ErrClosed
// if the caller closed src, or that of f.Pace. A failure on the file's side is an
// *os.PathError around the system's error (ENOSPC, EDQUOT, EIO, …). All are wrapped,
// test with errors.Is.
func Receive(dst *os.File, off int64, src *net.TCPConn, n int64, f Flow) (int64, error) {
	var done int64
	err := f.within(src.SetReadDeadline, off, n, func(k *carrier) (err error) {
		appending, err := checkAppend(dst, off)
		if err != nil {
			return err
		}
		k.flushed = off
		var handled bool
		if k.maySplice(dst, n, appending) {
			done, handled, err = k.splice(dst, off, src, n)
		}
		if !handled {
			var copied int64
			copied, err = k.copyIn(dst, off+done, src, n-done)
			done += copied
		}
		return err
	})
	if err != nil {
		err = fmt.Errorf("receive %s: %d of %d bytes at offset %d: %w", dst.Name(), done, n, off, err)
	}
	return done, err
}

// maySplice tells whether splice is worth trying for n bytes.
func (k *carrier) maySplice(dst *os.File, n int64, appending bool) bool {
	switch {
	case k.flow.By == Copy:
		k.c.because(askedFor)
	case k.flow.Sparse:
		k.c.because("zeros are looked for, to leave holes")
	case appending:
		k.c.because("the file is open for appending, which refuses splice")
	case k.flow.By == Auto && n <= pipePays:
	default:
		return !k.knownToRefuse(dst, bySplice)
	}
	return false
}
