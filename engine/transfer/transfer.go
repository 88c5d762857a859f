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
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"bbftp/engine/wire"
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
	// Idle bounds each wait for a peer that makes no progress. Default 300 s.
	Idle time.Duration
	// AckWait bounds the wait for a stream's ACK once the peer has taken all
	// bytes. Default 100 s.
	AckWait time.Duration
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
	return o
}

// Counters say how the payload travelled. They may be read while streams run.
type Counters struct {
	// Raw payload by copy path.
	zerocopy.Counters
	// Payload by the kind of block that carried it.
	Deflated, Stored atomic.Int64
	// BlockBytes is what those blocks took on the wire, headers included.
	BlockBytes atomic.Int64
}

// Paths is a reading of [Counters], in bytes.
type Paths struct {
	Sendfile   int64 `json:"sendfile"`
	Splice     int64 `json:"splice"`
	Copied     int64 `json:"copied"`
	Deflated   int64 `json:"deflated"`
	Stored     int64 `json:"stored"`
	BlockBytes int64 `json:"block_bytes"`
}

// Paths reads the counters.
func (c *Counters) Paths() Paths {
	return Paths{
		Sendfile: c.Sendfile.Load(), Splice: c.Splice.Load(), Copied: c.Copied.Load(),
		Deflated: c.Deflated.Load(), Stored: c.Stored.Load(), BlockBytes: c.BlockBytes.Load(),
	}
}

// Payload is how many bytes of the file have passed, whatever their way.
func (p Paths) Payload() int64 { return p.Sendfile + p.Splice + p.Copied + p.Deflated + p.Stored }

// LogValue shows the ways that were used.
func (p Paths) LogValue() slog.Value {
	var attrs []slog.Attr
	for _, way := range []struct {
		name  string
		bytes int64
	}{
		{"sendfile", p.Sendfile},
		{"splice", p.Splice},
		{"copied", p.Copied},
		{"deflated", p.Deflated},
		{"stored", p.Stored},
		{"block_bytes", p.BlockBytes},
	} {
		if way.bytes > 0 {
			attrs = append(attrs, slog.Int64(way.name, way.bytes))
		}
	}
	return slog.GroupValue(attrs...)
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

// Engine moves files and keeps the block buffers between them. The zero value
// is ready; it is safe for concurrent use.
type Engine struct {
	deflaters sync.Pool // *deflater
	inflaters sync.Pool // *inflater
}

// Send sends the size bytes of src over streams, one segment each, and waits
// for every ACK. Each stream is closed on return. The first failure, or the
// end of ctx, closes them all; the receiver then sees a short segment.
func (e *Engine) Send(ctx context.Context, streams []*net.TCPConn, src *os.File, size int64, o Options, c *Counters) error {
	o = o.withDefaults()
	err := run(ctx, streams, size, "send", func(conn *net.TCPConn, s Segment) error {
		if err := e.sendSegment(conn, src, size, s, o, c); err != nil {
			return err
		}
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
	return run(ctx, streams, size, "receive", func(conn *net.TCPConn, s Segment) error {
		if err := e.receiveSegment(conn, dst, s, o, c); err != nil {
			return err
		}
		if unread(conn) {
			return ErrExcess
		}
		return sendAck(conn, o.Idle)
	})
}

// run works the segments in parallel and closes every stream in the end.
// Closing is also how it cancels: the copy paths re-arm their deadlines, so a
// deadline could be lost, a close can't.
func run(ctx context.Context, streams []*net.TCPConn, size int64, op string, work func(*net.TCPConn, Segment) error) error {
	closeAll := func() {
		for _, conn := range streams {
			_ = conn.Close()
		}
	}
	defer closeAll()
	group, running := errgroup.WithContext(ctx)
	disarm := context.AfterFunc(running, closeAll)
	defer disarm()
	for i, segment := range Split(size, len(streams)) {
		group.Go(func() error {
			if err := work(streams[i], segment); err != nil {
				// Still open: the peer answers a closed stream by closing the
				// others, and their failure must not come before this one.
				return &StreamError{Stream: i + 1, Op: op, Err: err}
			}
			_ = streams[i].Close()
			return nil
		})
	}
	switch err := group.Wait(); {
	case err != nil:
		// The end of ctx fails the streams; a stream's failure shows on the
		// control connection and may end ctx. What came first is the reason.
		return context.Cause(running)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return nil
}

// tail is the piece of a raw segment held back until the source's size has
// been looked at again: a receiver commits a file whose segments are all
// complete, so a changed source must be noticed before its last byte leaves.
const tail = 64 << 10

func (e *Engine) sendSegment(conn *net.TCPConn, src *os.File, size int64, s Segment, o Options, c *Counters) error {
	if o.Blocks {
		return e.sendBlocks(conn, src, size, s, o, c)
	}
	last := min(s.Length, tail)
	if _, err := zerocopy.Send(conn, src, s.Offset, s.Length-last, o.Idle, &c.Counters); err != nil {
		return err
	}
	if err := checkSize(src, size); err != nil {
		return err
	}
	_, err := zerocopy.Send(conn, src, s.Offset+s.Length-last, last, o.Idle, &c.Counters)
	return err
}

func (e *Engine) receiveSegment(conn *net.TCPConn, dst *os.File, s Segment, o Options, c *Counters) error {
	if o.Blocks {
		return e.receiveBlocks(conn, dst, s, o, c)
	}
	_, err := zerocopy.Receive(dst, s.Offset, conn, s.Length, o.Idle, &c.Counters)
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
