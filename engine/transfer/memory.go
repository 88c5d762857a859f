package transfer

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// ErrMemory reports that a compressed transfer did not get the least memory it
// needs: others hold too much of [Engine].Memory. Worth a retry, unless the error
// says that it is more than all.
var ErrMemory = errors.New("too many compressed transfers for the memory")

// defaultMemory is what compressed transfers hold at most if nobody says.
const defaultMemory = 512 << 20

// budget is the memory of an engine's compressed transfers. Who waits for it
// comes before who only asks.
//
// Not counted are the deflaters and inflaters, one a processor, and what the
// garbage collector has not collected yet.
type budget struct {
	once sync.Once
	all  int64
	free *semaphore.Weighted
}

func (b *budget) begin(size int64) {
	b.once.Do(func() {
		if size <= 0 {
			size = defaultMemory
		}
		b.all, b.free = size, semaphore.NewWeighted(size)
	})
}

// wait takes n bytes for who will keep others meanwhile, or fails with ErrMemory:
// after limit, or at once where no end of other transfers would help.
func (b *budget) wait(ctx context.Context, n, kept int64, limit time.Duration) error {
	if n > b.all-kept {
		return fmt.Errorf("%w: %d bytes needed, of %d for all", ErrMemory, kept+n, b.all)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("%w: %d bytes were not free for %v", ErrMemory, n, limit))
	defer cancel()
	if b.free.Acquire(ctx, n) != nil {
		return context.Cause(ctx)
	}
	return nil
}

// holding is what the streams of one compressed transfer hold of the budget: a
// share for each, from the beginning to the end, that is enough to go on block by
// block, and lookahead, which keeps the workers busy.
//
// Nobody waits for lookahead: a stream that gets none goes on without. Nor do
// transfers share the bound of it, so that those that stand still, on slow
// connections or out of malice, take no more from those that move.
type holding struct {
	budget *budget // nil: without bound
	share  int64   // bytes, of each stream
	shares int64   // bytes, of all
	block  int64   // the most that fits a share as one block and what becomes of it

	held atomic.Int64 // bytes of lookahead
}

// lookaheadLimit is the most a transfer holds as lookahead, in bytes: 32 blocks
// of the default size, with what becomes of them.
const lookaheadLimit = 16 << 20

// leastBlock is how small blocks get that are sent while memory is short.
const leastBlock = 64 << 10

// hold takes the shares of the streams of a transfer, if it is a compressed one,
// and waits for them if it must: blocks that are sent get smaller before, those
// that are received are the peer's to choose.
func (e *Engine) hold(ctx context.Context, way direction, segments []Segment, o Options) (*holding, error) {
	h := new(holding)
	if !o.Blocks {
		return h, nil
	}
	e.budget.begin(e.Memory)
	h.budget = &e.budget
	longest := segments[len(segments)-1].Length
	h.block = int64(min(o.BlockSize, largestBlock))
	for {
		// Deflating makes what it can't shorten a little longer.
		h.share = 2 * footprint(min(h.block, longest+longest>>8+1<<10))
		h.shares = h.share * int64(len(segments))
		switch {
		case h.budget.free.TryAcquire(h.shares):
			return h, nil
		case way == sending && h.block > leastBlock:
			h.block = max(h.block/2, leastBlock)
			continue
		}
		if err := h.budget.wait(ctx, h.shares, 0, o.Idle); err != nil {
			h.shares = 0
			return h, err
		}
		return h, nil
	}
}

// end gives all back, once no stream is left: also the lookahead of one that
// ended in a panic.
func (h *holding) end() {
	if h.budget != nil {
		h.budget.free.Release(h.shares + h.held.Swap(0))
		h.shares = 0
	}
}

// reserve tells whether n more bytes may be held, to be released afterwards.
func (h *holding) reserve(n int64) bool {
	if h.held.Add(n) <= lookaheadLimit {
		if h.budget == nil || h.budget.free.TryAcquire(n) {
			return true
		}
	}
	h.held.Add(-n)
	return false
}

// need waits for n bytes that are more than lookahead or the share.
func (h *holding) need(ctx context.Context, n int64, limit time.Duration) error {
	if h.budget != nil {
		if err := h.budget.wait(ctx, n, h.shares, limit); err != nil {
			return err
		}
	}
	h.held.Add(n)
	return nil
}

func (h *holding) release(n int64) {
	if n == 0 {
		return
	}
	h.held.Add(-n)
	if h.budget != nil {
		h.budget.free.Release(n)
	}
}

// footprint is the memory that n bytes take, in buffers of powers of two.
func footprint(n int64) int64 {
	if n <= 1 {
		return 1
	}
	return 1 << bits.Len64(uint64(n-1))
}
