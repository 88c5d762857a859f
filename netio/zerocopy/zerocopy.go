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
	"sync/atomic"
	"time"
)

// ErrShortSource reports a file that ended before the announced length was
// sent, usually because something truncated it in the meantime.
var ErrShortSource = errors.New("source ended before the announced length")

// Counters say how many bytes went which way. They may be read while a
// transfer runs and shared by any number of transfers.
type Counters struct {
	Sendfile atomic.Int64 // file to socket inside the kernel
	Splice   atomic.Int64 // socket to file inside the kernel
	Copied   atomic.Int64 // through a buffer in user space, either direction
}

// Strategy chooses how bytes move.
type Strategy int

const (
	// Auto takes the way that measured best; see SendBy and ReceiveBy.
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
// idle bounds each wait for the peer to make room, 0 for no bound: a transfer
// of any length may last as long as bytes keep moving. With an idle limit
// Send owns dst's write deadline and clears it on return. c may be nil.
//
// The error is ErrShortSource if src ends early, os.ErrDeadlineExceeded if
// the peer stalls, net.ErrClosed if the caller closed dst, or the system's
// own (EPIPE, ECONNRESET, EIO, …); all are wrapped, test with errors.Is.
func Send(dst *net.TCPConn, src *os.File, off, n int64, idle time.Duration, c *Counters) (int64, error) {
	return SendBy(Auto, dst, src, off, n, idle, c)
}

// SendBy is Send with the way of the bytes prescribed. Auto is Kernel.
func SendBy(s Strategy, dst *net.TCPConn, src *os.File, off, n int64, idle time.Duration, c *Counters) (int64, error) {
	if c == nil {
		c = new(Counters)
	}
	var done int64
	err := within(idle, dst.SetWriteDeadline, off, n, func(p *patience) (err error) {
		var handled bool
		if s != Copy {
			done, handled, err = sendfile(dst, src, off, n, p, c)
		}
		if !handled {
			var copied int64
			copied, err = copyOut(dst, src, off+done, n-done, p, c)
			done += copied
		}
		return err
	})
	if err != nil {
		err = fmt.Errorf("send %s: %d of %d bytes from offset %d: %w", src.Name(), done, n, off, err)
	}
	return done, err
}

// Receive receives exactly n bytes from src and writes them to dst, starting
// at off. It returns how many bytes are in the file; after an error some more
// may have been taken from the connection. Nothing is synced to disk.
//
// idle bounds each wait for the peer's next bytes, 0 for no bound; time spent
// in writing the file does not count. With an idle limit Receive owns src's
// read deadline and clears it on return. c may be nil.
//
// A file opened with O_APPEND writes at its end whatever the offset, so it is
// accepted only where off is its present end.
//
// The error is io.ErrUnexpectedEOF if the peer closes early,
// os.ErrDeadlineExceeded if it stalls, net.ErrClosed if the caller closed
// src. A failure on the file's side is an *os.PathError around the system's
// error (ENOSPC, EDQUOT, EIO, …). All are wrapped, test with errors.Is.
func Receive(dst *os.File, off int64, src *net.TCPConn, n int64, idle time.Duration, c *Counters) (int64, error) {
	return ReceiveBy(Auto, dst, off, src, n, idle, c)
}

// ReceiveBy is Receive with the way of the bytes prescribed. Auto is Copy up
// to 256 KiB and Kernel beyond.
func ReceiveBy(s Strategy, dst *os.File, off int64, src *net.TCPConn, n int64, idle time.Duration, c *Counters) (int64, error) {
	if c == nil {
		c = new(Counters)
	}
	var done int64
	err := within(idle, src.SetReadDeadline, off, n, func(p *patience) (err error) {
		if err := checkAppend(dst, off); err != nil {
			return err
		}
		var handled bool
		if s == Kernel || s == Auto && n > pipePays {
			done, handled, err = splice(dst, off, src, n, p, c)
		}
		if !handled {
			var copied int64
			copied, err = copyIn(dst, off+done, src, n-done, p, c)
			done += copied
		}
		return err
	})
	if err != nil {
		err = fmt.Errorf("receive %s: %d of %d bytes at offset %d: %w", dst.Name(), done, n, off, err)
	}
	return done, err
}

// within checks the range of a transfer and runs it under its idle limit.
func within(idle time.Duration, set func(time.Time) error, off, n int64, move func(*patience) error) error {
	if off < 0 || n < 0 || off+n < 0 {
		return fmt.Errorf("impossible file range: %w", os.ErrInvalid)
	}
	if n == 0 {
		return nil
	}
	p := &patience{set: set, idle: idle}
	if err := p.start(); err != nil {
		return err
	}
	defer p.stop()
	return p.explain(move(p))
}
