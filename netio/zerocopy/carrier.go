package zerocopy

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"syscall"
	"time"

	"bbftp/netio/clock"
)

// carrier is one Send or Receive under way. Whatever way the bytes take, it
// keeps pace, patience and count.
type carrier struct {
	flow     Flow
	c        *Counters
	patience *patience
	trickle  Trickle
	waited   time.Duration // for the peer, since the last progress

	short   int   // calls of short pieces so far
	flushed int64 // where in the file write-behind goes on
}

// within checks the range of a transfer and runs it under its limits.
func (f Flow) within(set func(time.Time) error, off, n int64, move func(*carrier) error) error {
	if off < 0 || n < 0 || off+n < 0 {
		return fmt.Errorf("impossible file range: %w", os.ErrInvalid)
	}
	if n == 0 {
		return nil
	}
	k := &carrier{flow: f, c: f.Counters, patience: &patience{set: set, idle: f.Idle}, trickle: Trickle{Floor: f.Floor, Idle: f.Idle}}
	if k.c == nil {
		k.c = new(Counters)
	}
	if err := k.patience.start(); err != nil {
		return err
	}
	defer k.patience.stop()
	return k.patience.explain(move(k))
}

// pacedPiece is the most that moves at once where a pace is kept that does not
// say how much.
const pacedPiece = 64 << 10

// piece is how much of n bytes to move at once.
func (k *carrier) piece(n int64) int64 {
	switch {
	case k.flow.Pace == nil:
		return n
	case k.flow.Piece == nil:
		return min(n, pacedPiece)
	}
	return min(n, max(k.flow.Piece(), 1))
}

// moved says that n bytes have moved, and returns when more may.
func (k *carrier) moved(n int64) error {
	if err := k.progress(n); err != nil {
		return err
	}
	return k.pace(n)
}

// progress says that n bytes have moved.
func (k *carrier) progress(n int64) error {
	waited := k.waited
	k.waited = 0
	if err := k.trickle.Moved(n, waited); err != nil {
		return err
	}
	return k.patience.progress()
}

// pace returns when more than the n bytes that have moved may. What it waited
// is not the peer's.
func (k *carrier) pace(n int64) error {
	if k.flow.Pace == nil || n <= 0 {
		return nil
	}
	if err := k.flow.Pace(n); err != nil {
		return err
	}
	return k.patience.progress()
}

// waitedFor counts a wait for the connection.
func (k *carrier) waitedFor(d time.Duration) {
	k.waited += d
	k.c.SocketWait.Add(int64(d))
}

// await tries until the connection is ready, and counts the time that it was
// not. wait is Read or Write of its RawConn.
func (k *carrier) await(wait func(func(uintptr) bool) error, try func(fd uintptr) error) error {
	var err error
	var since time.Time
	waited := func() {
		if !since.IsZero() {
			k.waitedFor(time.Since(since))
		}
	}
	waitErr := wait(func(fd uintptr) bool {
		waited()
		if err = try(fd); err == syscall.EAGAIN {
			since = time.Now()
			return false
		}
		since = time.Time{}
		return true
	})
	if waitErr != nil {
		waited()
		return waitErr
	}
	return err
}

// read takes what the connection has, and waits if that is nothing.
func (k *carrier) read(conn syscall.RawConn, b []byte) (n int, err error) {
	err = k.await(conn.Read, func(fd uintptr) error {
		var err error
		n, err = retry(func() (int, error) { return syscall.Read(int(fd), b) })
		return err
	})
	if err == nil {
		err = k.progress(int64(n))
	}
	return n, named("read", err)
}

// named adds the system call to an error of it, but to none of a wait for it.
func named(call string, err error) error {
	if errno, ok := err.(syscall.Errno); ok {
		return os.NewSyscallError(call, errno)
	}
	return err
}

// write hands b to the connection.
func (k *carrier) write(dst *net.TCPConn, b []byte) (int, error) {
	began := time.Now()
	n, err := dst.Write(b)
	k.waitedFor(time.Since(began))
	return n, err
}

// inTurn runs a call that writes n bytes to the file when it is its turn.
func (k *carrier) inTurn(n int64, call func()) {
	turn := k.flow.Turn
	if turn == nil {
		k.timed(n, 0, call)
		return
	}
	var waited time.Duration
	if !turn.TryLock() {
		began := time.Now()
		turn.Lock()
		waited = time.Since(began)
	}
	defer turn.Unlock()
	k.timed(n, waited, call)
}

// Reading the clocks takes as long as moving some KiB. Of the calls that move
// less than finePiece one in sampled is timed, and stands for the others.
const (
	finePiece = 64 << 10
	sampled   = 8
)

// timed runs a call that reads or writes up to n bytes of the file after a wait
// for the turn, of which nothing is known but that others did the like.
func (k *carrier) timed(n int64, waited time.Duration, call func()) {
	weight := time.Duration(1)
	if n < finePiece {
		k.short++
		if k.short > 1 {
			weight = sampled
		}
		if k.short%sampled != 1 {
			call()
			return
		}
	}
	// Processor time is counted by thread, and a call that lasts may come back
	// on another.
	runtime.LockOSThread()
	cpu, began := clock.Thread(), time.Now()
	call()
	took := time.Since(began)
	worked := took // where the system does not tell
	if cpu > 0 {
		worked = min(clock.Thread()-cpu, took)
	}
	runtime.UnlockOSThread()
	idle := took - worked
	if took > 0 {
		idle += time.Duration(float64(waited) * float64(idle) / float64(took))
	}
	k.c.FileTime.Add(int64(weight * (worked + idle)))
	k.c.FileCPU.Add(int64(weight * worked))
}

// retry repeats a system call that a signal interrupted before it did
// anything, and turns its -1 into a count.
func retry[N int | int64](call func() (N, error)) (N, error) {
	for {
		n, err := call()
		if err != syscall.EINTR {
			return max(n, 0), err
		}
	}
}
