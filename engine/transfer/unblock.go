package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"

	"bbftp/engine/wire"
)

// blockReceiver fills one segment from blocks. They are inflated by workers, in
// any order, and written in theirs: where a block belongs is known only when all
// before it are inflated, since its header does not tell how much it holds.
//
//	connection ─► window, in order ─► file
//	                │       ▲
//	                └workers┘
//
// For the same reason the next header is awaited only if the blocks in the
// window, as large as they may be, leave something to come: behind the last
// block the peer waits for the ACK.
type blockReceiver struct {
	*codec
	ctx     context.Context // of the transfer
	in      *patientReader
	dst     *os.File
	segment Segment
	o       Options
	c       *Counters

	window  []*incoming
	most    int64 // what the blocks in window hold at most
	done    int64 // of the segment, written
	dropped atomic.Bool
}

// incoming is a block on its way.
type incoming struct {
	wire int64 // its length there, header included
	most int64 // what it holds at most
	held int64 // of the lookahead
	data *buffer

	done  <-chan struct{} // nil if stored
	plain *buffer         // when done
	err   error
}

func (e *Engine) receiveBlocks(ctx context.Context, conn *net.TCPConn, dst *os.File, s Segment, o Options, c *Counters) error {
	in := &blockReceiver{
		codec: &e.codec, ctx: ctx, in: newPatientReader(conn, o, c),
		dst: dst, segment: s, o: o, c: c,
	}
	defer in.drop()
	for in.done < s.Length {
		for len(in.window) > 0 && in.firstIsDue() {
			if err := in.writeFirst(); err != nil {
				return err
			}
		}
		if in.done == s.Length {
			return nil
		}
		if err := in.receive(); err != nil {
			return err
		}
	}
	return nil
}

// drop waits for the workers that still have blocks of this stream.
func (r *blockReceiver) drop() {
	r.dropped.Store(true)
	for _, b := range r.window {
		if b.done != nil {
			<-b.done
		}
		r.free(b)
	}
}

func (r *blockReceiver) free(b *incoming) {
	r.put(b.data)
	r.put(b.plain)
	r.o.holding.release(b.held)
}

// firstIsDue tells whether the first block of the window can be written, or has
// to be before the next is read.
func (r *blockReceiver) firstIsDue() bool {
	if len(r.window) == depth() || r.most >= r.segment.Length-r.done {
		return true
	}
	select {
	case <-r.window[0].done:
		return true
	default:
		return r.window[0].done == nil
	}
}

// receive takes a block off the connection into the window.
func (r *blockReceiver) receive() error {
	h, err := wire.ReadBlockHeader(r.in, r.o.BlockSize)
	if err != nil {
		return r.afterWindow(func(at int64) error {
			if errors.Is(err, wire.ErrLength) || errors.Is(err, wire.ErrBlockCode) {
				return fmt.Errorf("%w at %d: %w", ErrBlock, at, err)
			}
			return fmt.Errorf("read block header at %d: %w", at, shortened(err))
		})
	}
	b := &incoming{wire: wire.BlockHeaderSize + int64(h.Len), most: int64(h.Len)}
	if h.Code == wire.BlockZlib {
		b.most = int64(r.o.BlockSize)
	}
	if err := r.hold(b, int64(h.Len)); err != nil {
		return err
	}
	if b.data, err = r.read(int(h.Len)); err != nil {
		r.free(b)
		return r.afterWindow(func(at int64) error { return fmt.Errorf("read block at %d: %w", at, shortened(err)) })
	}
	if h.Code == wire.BlockZlib {
		likely := int(min(r.segment.Length-r.done, unproven))
		b.done = r.run(r.c, &r.dropped, &b.err, func() (err error) {
			defer func() {
				if b.plain == nil || len(b.plain.b) == 0 {
					r.in.stop() // the peer may be slow with the next block, or send none
				}
			}()
			b.plain, err = r.unpack(b.data.b, likely, int(r.room(b)))
			return err
		})
	}
	r.window = append(r.window, b)
	r.most += b.most
	return nil
}

// room is how many bytes b gets to be inflated into: one more than the segment
// holds is enough to see that b is wrong.
func (r *blockReceiver) room(b *incoming) int64 { return min(b.most-1, r.segment.Length) + 1 }

// hold takes the memory for a block of length bytes, and what becomes of it,
// before any of it is read: the share, if it is the only one and fits that,
// lookahead for all others, or what there is once all before it are written.
func (r *blockReceiver) hold(b *incoming, length int64) error {
	needed := footprint(length)
	if b.most > length { // to be inflated
		needed += footprint(r.room(b))
	}
	if len(r.window) > 0 {
		if r.o.holding.reserve(needed) {
			b.held = needed
			return nil
		}
		if err := r.flush(); err != nil {
			return err
		}
	}
	if more := needed - r.o.holding.share; more > 0 {
		if err := r.o.holding.need(r.ctx, more, r.o.Idle); err != nil {
			return err
		}
		b.held = more
	}
	return nil
}

// read takes the n bytes of a block off the connection.
func (r *blockReceiver) read(n int) (*buffer, error) {
	b := r.get(min(n, unproven))
	for got := 0; ; b = r.grow(b, min(2*got, n)) {
		m, err := io.ReadFull(r.in, b.b[got:])
		if err != nil {
			r.put(b)
			return nil, err
		}
		if got += m; got == n {
			return b, nil
		}
	}
}

// flush writes all blocks of the window.
func (r *blockReceiver) flush() error {
	for len(r.window) > 0 {
		if err := r.writeFirst(); err != nil {
			return err
		}
	}
	return nil
}

// afterWindow makes the error of a block that could not be read, unless one
// before it is bad: only then is the block's place known.
func (r *blockReceiver) afterWindow(failed func(at int64) error) error {
	if err := r.flush(); err != nil {
		return err
	}
	return failed(r.segment.Offset + r.done)
}

// writeFirst writes the first block of the window.
func (r *blockReceiver) writeFirst() error {
	b := r.window[0]
	at, left := r.segment.Offset+r.done, r.segment.Length-r.done
	plain, moved := b.data, &r.c.Stored
	if b.done != nil {
		r.c.await(b.done)
		plain, moved = b.plain, &r.c.Deflated
	}
	switch {
	case b.err != nil:
		return fmt.Errorf("%w at %d: %w", ErrBlock, at, b.err)
	case len(plain.b) == 0:
		return fmt.Errorf("%w at %d: empty", ErrBlock, at)
	case int64(len(plain.b)) > left:
		return fmt.Errorf("%w at %d: holds %d bytes, the segment wants %d", ErrBlock, at, len(plain.b), left)
	}
	if err := r.write(plain.b, at, int64(len(plain.b)) == left); err != nil {
		return fmt.Errorf("write %s at %d: %w", r.dst.Name(), at, err)
	}
	moved.Add(int64(len(plain.b)))
	r.c.BlockBytes.Add(b.wire)
	r.done += int64(len(plain.b))
	r.most -= b.most
	r.window = append(r.window[:0], r.window[1:]...)
	r.free(b)
	return nil
}
