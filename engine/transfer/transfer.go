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

	"bbftp/engine/wire"
	"bbftp/netio"
	"bbftp/netio/zerocopy"
)

// ErrChanged reports a source whose size is no longer the announced one.
var ErrChanged = errors.New("the file's size changed while it was being sent")

// ErrExcess reports a peer that sent more than its segment holds.
var ErrExcess = errors.New("the peer sent more than its segment")

// Options describe how the streams of one file are carried. Zero values are
// the documented defaults.
type Options struct {
	// Blocks selects compressed framing, the _C messages of version 1
	// (wire.md 6.4), instead of raw bytes.
	Blocks bool
	// BlockSize is the most a block may hold, before and after compression,
	// in bytes. Default 256000, version 1's fixed size.
	BlockSize int
	// Always deflates every block that gets shorter by it. Otherwise blocks are
	// left as they are while deflating them is slower than the connection.
	Always bool
	// Limit is shared by all streams, and by other transfers; nil for none.
	Limit *netio.RateLimit
	// Sparse leaves holes in the destination where the source has zeros: a fresh
	// file of its final size, which reads as zeros.
	Sparse bool
	// WriteBehind has the disk begin to write what is received at once, for
	// callers that sync the destination in the end.
	WriteBehind bool
	// Idle bounds each wait for a peer that makes no progress. Default 300 s.
	Idle time.Duration
	// AckWait bounds the wait for a stream's ACK once the peer has taken all
	// bytes. Default 100 s.
	AckWait time.Duration

	// pace returns when the next piece may follow one of n bytes; nil: at once.
	pace func(n int64) error
	// turn is shared by the streams that write one file.
	turn *sync.Mutex
	// ahead is shared by the streams of a transfer.
	ahead *lookahead
}

func (o Options) withDefaults() Options {
	if o.BlockSize == 0 {
		o.BlockSize = wire.BlockSizeV1
	}
	if o.Idle == 0 {
		o.Idle = 300 * time.Second
	}
	if o.AckWait == 0 {
		o.AckWait = 100 * time.Second
	}
	if o.ahead == nil {
		o.ahead = new(lookahead)
	}
	return o
}

// paced has each piece of a stream wait for its turn under the limit.
func (o Options) paced(ctx context.Context, c *Counters) Options {
	if o.Limit == nil {
		return o
	}
	o.pace = func(n int64) error {
		began := time.Now()
		defer func() { c.LimitWait.Add(int64(time.Since(began))) }()
		return o.Limit.Wait(ctx, n)
	}
	return o
}

func (e *Engine) flow(o Options, c *Counters) zerocopy.Flow {
	return zerocopy.Flow{
		Idle: o.Idle, Counters: &c.Counters, Memory: &e.memory, Pace: o.pace,
		Turn: o.turn, Sparse: o.Sparse, WriteBehind: o.WriteBehind,
	}
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
	codec  codec
	memory zerocopy.Memory
}

// Send sends the size bytes of src over streams, one segment each, and waits
// for every ACK. Each stream is closed on return. The first failure, or the
// end of ctx, closes them all; the receiver then sees a short segment.
func (e *Engine) Send(ctx context.Context, streams []*net.TCPConn, src *os.File, size int64, o Options, c *Counters) error {
	o = o.withDefaults()
	err := run(ctx, streams, size, sending, c, func(ctx context.Context, conn *net.TCPConn, s Segment) error {
		o.Limit.Send(conn)
		netio.Spread(conn)
		if err := e.sendSegment(conn, src, size, s, o.paced(ctx, c), c); err != nil {
			return err
		}
		began := time.Now()
		defer func() { c.SocketWait.Add(int64(time.Since(began))) }()
		return awaitAck(conn, o.AckWait)
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
	return run(ctx, streams, size, receiving, c, func(ctx context.Context, conn *net.TCPConn, s Segment) error {
		if err := e.receiveSegment(conn, dst, s, o.paced(ctx, c), c); err != nil {
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
func run(ctx context.Context, streams []*net.TCPConn, size int64, way direction, c *Counters,
	work func(context.Context, *net.TCPConn, Segment) error,
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
	one := func(i int, segment Segment) {
		if err := work(running, streams[i], segment); err != nil {
			// Still open: the peer answers a closed stream by closing the
			// others, and their failure must not come before this one.
			cancel(&StreamError{Stream: i + 1, Op: string(way), Err: err})
			return
		}
		c.recorder.StreamDone(i)
		_ = streams[i].Close()
	}
	var others sync.WaitGroup
	for i, segment := range Split(size, len(streams)) {
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

func (e *Engine) receiveSegment(conn *net.TCPConn, dst *os.File, s Segment, o Options, c *Counters) error {
	if o.Blocks {
		return e.receiveBlocks(conn, dst, s, o, c)
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
