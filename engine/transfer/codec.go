package transfer

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"bbftp/netio/clock"
)

// ErrBlock reports a block that breaks the framing of wire.md 6.4.
var ErrBlock = errors.New("bad block")

// codec is what all transfers of an engine share to deflate and inflate.
type codec struct {
	workers
	buffers
	deflaters [gears]sync.Pool // *deflater
	inflaters sync.Pool        // *inflater
}

// run has work done by a worker, its processor time added to c.Codec, unless
// dropped meanwhile. The returned channel is closed in the end, when failure is
// what went wrong, a panic included.
func (e *codec) run(c *Counters, dropped *atomic.Bool, failure *error, work func() error) <-chan struct{} {
	done := make(chan struct{})
	e.do(func() {
		defer close(done)
		if dropped.Load() {
			return
		}
		// Readings of the thread's clock compare on one thread only.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		began := clock.Thread()
		*failure = contained(work)
		c.Codec.Add(int64(clock.Thread() - began))
	})
	return done
}

// await waits for a block of this stream, which counts as waiting for the codec.
func (c *Counters) await(done <-chan struct{}) {
	select {
	case <-done:
		return
	default:
	}
	began := time.Now()
	<-done
	c.CodecWait.Add(int64(time.Since(began)))
}

// onFile has call read or write the file, and counts its time.
func (c *Counters) onFile(call func() (int, error)) (int, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	began, cpu := time.Now(), clock.Thread()
	n, err := call()
	c.FileCPU.Add(int64(clock.Thread() - cpu))
	c.FileTime.Add(int64(time.Since(began)))
	return n, err
}

// readAt is f.ReadAt, counted.
func (c *Counters) readAt(f *os.File, b []byte, off int64) (int, error) {
	return c.onFile(func() (int, error) { return f.ReadAt(b, off) })
}

// writeAt is f.WriteAt, counted.
func (c *Counters) writeAt(f *os.File, b []byte, off int64) (int, error) {
	return c.onFile(func() (int, error) { return f.WriteAt(b, off) })
}
