package transfer

import (
	"context"
	"math"
	"sync"
	"time"

	"bbftp/engine/wire"
	"bbftp/netio"
	"bbftp/netio/zerocopy"
)

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
	// Idle bounds each wait for a peer that makes no progress, and that of a
	// compressed transfer for its memory. Default 300 s.
	Idle time.Duration
	// Floor is how many bytes at least must move on a stream in two Idle of waiting
	// for the peer, else it ends with [zerocopy.ErrTrickle]. Default 4096: 7 bytes per
	// second, which is less than what a modem leaves to each of 25 streams. Less than 0: any.
	Floor int64
	// AckWait bounds the wait for a stream's ACK once the peer has taken all
	// bytes. Default 100 s.
	AckWait time.Duration

	// pace returns when the next piece may follow one of n bytes, and piece how
	// many those may be; nil: at once, and all. settle returns when all that moved
	// has had its time.
	pace   func(n int64) error
	piece  func() int64
	settle func() error
	// turn is shared by the streams that write one file.
	turn *sync.Mutex
	// holding is shared by the streams of a transfer.
	holding *holding
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
	if o.Floor == 0 {
		o.Floor = 4096
	}
	return o
}

// paced has each piece of a stream wait for its turn under the limit, until leave.
// Then follow is told, if it is not nil.
func (o Options) paced(ctx context.Context, c *Counters, follow func()) (paced Options, leave func()) {
	o.settle = func() error { return nil }
	if o.Limit == nil {
		return o, func() {}
	}
	turns := o.Limit.Join()
	counted := func(wait func() error) error {
		began := time.Now()
		defer func() { c.LimitWait.Add(int64(time.Since(began))) }()
		return wait()
	}
	o.piece = turns.Piece
	o.pace = func(n int64) error {
		return counted(func() error {
			if follow != nil {
				follow()
			}
			return turns.Wait(ctx, n)
		})
	}
	o.settle = func() error { return counted(func() error { return turns.Settle(ctx) }) }
	return o, turns.Leave
}

// limited tells whether a limit is in effect now.
func (o Options) limited() bool { return o.piece != nil && o.piece() < math.MaxInt64 }

// most is how many of n bytes may move at once.
func (o Options) most(n int64) int64 {
	if o.piece != nil {
		return min(n, o.piece())
	}
	return n
}

// wait returns when more than the n bytes that have moved may.
func (o Options) wait(n int64) error {
	if o.pace != nil {
		return o.pace(n)
	}
	return nil
}

func (o Options) trickle() zerocopy.Trickle {
	return zerocopy.Trickle{Floor: o.Floor, Idle: o.Idle}
}

func (o Options) flow(c *zerocopy.Counters) zerocopy.Flow {
	return zerocopy.Flow{
		Idle: o.Idle, Floor: o.Floor, Counters: c, Pace: o.pace, Piece: o.piece,
		Turn: o.turn, Sparse: o.Sparse, WriteBehind: o.WriteBehind,
	}
}
