// Package transfer moves one file over its data streams.
//
//	            Split             one goroutine a stream
//	file, size ───────► segments ─┬─► raw bytes      ─┬─► data connection ─► ACK
//	                              └─► zlib blocks    ─┘
//
// It knows neither who connected the streams nor which protocol version asked
// for them: callers hand in connected streams and conclude the transfer on the
// control connection themselves.
package transfer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"bbftp/netio"
	"bbftp/netio/zerocopy"
)

// ErrChanged reports a source whose size is no longer the announced one.
var ErrChanged = errors.New("the file's size changed while it was being sent")

// ErrExcess reports a peer that sent more than its segment holds.
var ErrExcess = errors.New("the peer sent more than its segment")

// flow is that of raw segments.
func (e *Engine) flow(o Options, c *Counters) zerocopy.Flow {
	flow := o.flow(&c.Counters)
	flow.Memory = &e.refusals
	return flow
}

// StreamError is the failure of one data stream; Stream counts from 1.
type StreamError struct {
	Stream int
	Op     string
	Err    error
}

func (e *StreamError) Error() string {
	return fmt.Sprintf("data stream %d: %s: %v", e.Stream, e.Op, e.Err)
}

func (e *StreamError) Unwrap() error { return e.Err }

// Engine moves files, with what all of them share to deflate and inflate. The
// zero value is ready; it is safe for concurrent use.
type Engine struct {
	// Memory bounds, in bytes, what all compressed transfers hold together. Each
	// takes at the beginning, for each stream, twice a block, of at most 1 MiB or
	// the segment's length, rounded up to a power of two; where that is not free a
	// sender takes smaller blocks, of at least 64 KiB. If even that is not to be had
	// within Options.Idle the transfer fails with [ErrMemory]. What is free beyond
	// it keeps the processors busy. 0 stands for 512 MiB. Not to be changed once
	// a transfer has begun.
	Memory int64

	codec    codec
	refusals zerocopy.Memory
	budget   budget
}

// Send sends the size bytes of src over streams, one segment each, and waits
// for every ACK. Each stream is closed on return. The first failure, or the
// end of ctx, closes them all; the receiver then sees a short segment.
func (e *Engine) Send(ctx context.Context, streams []*net.TCPConn, src *os.File, size int64, o Options, c *Counters) error {
	o = o.withDefaults()
	err := e.run(ctx, streams, size, sending, o, c, func(ctx context.Context, conn *net.TCPConn, s Segment, o Options) error {
		follow := o.Limit.Send(conn)
		netio.Spread(conn)
		o, leave := o.paced(ctx, c, follow)
		defer leave()
		if err := e.sendSegment(conn, src, size, s, o, c); err != nil {
			return err
		}
		if err := o.settle(); err != nil {
			return err
		}
		began := time.Now()
		defer func() { c.SocketWait.Add(int64(time.Since(began))) }()
		return awaitAck(conn, o)
	})
	if err != nil {
		return err
	}
	return checkSize(src, size)
}

// Receive fills the size bytes of dst from streams, one segment each, and
// acknowledges each. Each stream is closed on return. The first failure, or
// the end of ctx, closes them all; dst then holds part of the file.
func (e *Engine) Receive(ctx context.Context, streams []*net.TCPConn, dst *os.File, size int64, o Options, c *Counters) error {
	o = o.withDefaults()
	o.turn = new(sync.Mutex)
	return e.run(ctx, streams, size, receiving, o, c, func(ctx context.Context, conn *net.TCPConn, s Segment, o Options) error {
		o, leave := o.paced(ctx, c, nil)
		defer leave()
		if err := e.receiveSegment(ctx, conn, dst, s, o, c); err != nil {
			return err
		}
		if err := o.settle(); err != nil {
			return err
		}
		if unread(conn) {
			return ErrExcess
		}
		return sendAck(conn, o.Idle)
	})
}

// direction of the payload, as errors name it.
type direction string

const (
	sending   direction = "send"
	receiving direction = "receive"
)

// run works the segments in parallel and closes every stream in the end.
// Closing is also how it cancels: the copy paths re-arm their deadlines, so a
// deadline could be lost, a close can't.
func (e *Engine) run(ctx context.Context, streams []*net.TCPConn, size int64, way direction, o Options, c *Counters,
	work func(context.Context, *net.TCPConn, Segment, Options) error,
) error {
	c.recorder.Begin(way == sending, streams)
	closeAll := func() {
		// A closed stream tells nothing any more.
		c.recorder.End()
		for _, conn := range streams {
			_ = conn.Close()
		}
	}
	defer closeAll()
	// The end of ctx fails the streams; a stream's failure shows on the control
	// connection and may end ctx. What came first is the reason.
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(running, closeAll)()
	segments := Split(size, len(streams))
	held, err := e.hold(running, way, segments, o)
	if err != nil {
		return err
	}
	defer held.end()
	o.holding = held
	one := func(i int, segment Segment) {
		err := contained(func() error { return work(running, streams[i], segment, o) })
		if err != nil {
			// Still open: the peer answers a closed stream by closing the
			// others, and their failure must not come before this one.
			cancel(&StreamError{Stream: i + 1, Op: string(way), Err: err})
			return
		}
		c.recorder.StreamDone(i)
		_ = streams[i].Close()
	}
	var others sync.WaitGroup
	for i, segment := range segments {
		if i == len(streams)-1 {
			one(i, segment) // one stream alone needs no goroutine
		} else {
			others.Go(func() { one(i, segment) })
		}
	}
	others.Wait()
	return context.Cause(running)
}

// tail is the piece of a raw segment held back until the source's size has
// been looked at again: a receiver commits a file whose segments are all
// complete, so a changed source must be noticed before its last byte leaves.
const tail = 64 << 10

func (e *Engine) sendSegment(conn *net.TCPConn, src *os.File, size int64, s Segment, o Options, c *Counters) error {
	if o.Blocks {
		return e.sendBlocks(conn, src, size, s, o, c)
	}
	flow := e.flow(o, c)
	last := min(s.Length, tail)
	if _, err := zerocopy.Send(conn, src, s.Offset, s.Length-last, flow); err != nil {
		return err
	}
	if err := checkSize(src, size); err != nil {
		return err
	}
	_, err := zerocopy.Send(conn, src, s.Offset+s.Length-last, last, flow)
	return err
}

func (e *Engine) receiveSegment(ctx context.Context, conn *net.TCPConn, dst *os.File, s Segment, o Options, c *Counters) error {
	if o.Blocks {
		return e.receiveBlocks(ctx, conn, dst, s, o, c)
	}
	_, err := zerocopy.Receive(dst, s.Offset, conn, s.Length, e.flow(o, c))
	return err
}

func checkSize(src *os.File, size int64) error {
	info, err := src.Stat()
	if err != nil {
		return err
	}
	if info.Size() != size {
		return fmt.Errorf("%s: %w: announced %d bytes, now %d", src.Name(), ErrChanged, size, info.Size())
	}
	return nil
}
