package netio

import (
	"context"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/time/rate"
)

// RateLimit shares one rate among data streams, whichever come and go, in both
// directions. A nil *RateLimit limits nothing, nor does the zero value until
// [RateLimit.SetRate]. It is safe for concurrent use; don't copy it.
//
// In any time t no more than rate × (t + 50 ms) passes. Who waits longest goes
// next, so that equal streams get equal shares, and what a slow one leaves goes
// to the others.
type RateLimit struct {
	own bucket
	// of a limit made by Under: whose buckets are drawn from, in this order
	draws []*bucket
}

// bucket is filled at its rate.
type bucket struct {
	rate     atomic.Int64                 // bytes per second; 0: unlimited
	tokens   atomic.Pointer[rate.Limiter] // nil: was never limited
	waiting  atomic.Int64                 // how many streams wait for it
	changing sync.Mutex
}

const (
	// burst is how far a stream that was kept from its turn, by a timer or by the
	// scheduler, may catch up.
	burst = 50 * time.Millisecond
	// round is how long it may take until each waiting stream has had its turn: far
	// less than peers wait for a stream that stands still.
	round = 10 * time.Second
	// largestPiece is what moves at once under a limit that is fast.
	largestPiece = 64 << 10
)

// NewRateLimit returns a limit of so many bytes per second; nil for 0 or less.
func NewRateLimit(bytesPerSecond int64) *RateLimit {
	if bytesPerSecond <= 0 {
		return nil
	}
	r := new(RateLimit)
	r.SetRate(bytesPerSecond)
	return r
}

// SetRate changes the rate, in bytes per second, for all who draw from r; 0 or
// less lets them pass. Streams that wait have their turn at the old rate yet, at
// most 50 ms for each of them. It is not for what Under made.
func (r *RateLimit) SetRate(bytesPerSecond int64) {
	b := &r.own
	b.changing.Lock()
	defer b.changing.Unlock()
	bytesPerSecond = max(bytesPerSecond, 0)
	size := int(max(1, min(float64(bytesPerSecond)*burst.Seconds(), math.MaxInt32)))
	switch tokens := b.tokens.Load(); {
	case bytesPerSecond == 0:
	case tokens == nil:
		b.tokens.Store(rate.NewLimiter(rate.Limit(bytesPerSecond), size))
	default: // not a new one, which would be full
		tokens.SetLimit(rate.Limit(bytesPerSecond))
		tokens.SetBurst(size)
	}
	b.rate.Store(bytesPerSecond)
}

// Under returns a limit whose streams keep to both r and parent. It draws from
// the same buckets as they: any number of limits may be under one parent, and be
// made from one r. If one of them is nil it is the other.
func (r *RateLimit) Under(parent *RateLimit) *RateLimit {
	switch {
	case r == nil:
		return parent
	case parent == nil:
		return r
	}
	return &RateLimit{draws: append(r.buckets(), parent.buckets()...)}
}

func (r *RateLimit) buckets() []*bucket {
	switch {
	case r == nil:
		return nil
	case len(r.draws) > 0:
		return r.draws[:len(r.draws):len(r.draws)]
	}
	return []*bucket{&r.own}
}

// Wait returns when n more bytes may pass, or with the cause of ctx. Each piece
// of each stream waits, the last one too. A sender waits before or after it has
// handed a piece to the kernel; the peer of a receiver is slowed by being read
// later.
func (r *RateLimit) Wait(ctx context.Context, n int64) error {
	if r == nil {
		return nil
	}
	if len(r.draws) == 0 {
		return r.own.wait(ctx, n)
	}
	for _, b := range r.draws {
		if err := b.wait(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// Piece is the most bytes that should move before the next Wait, at least 1: so
// many that no stream of all that wait stands still for long, however low the
// rate is. Without a rate in effect it is [math.MaxInt64].
func (r *RateLimit) Piece() int64 {
	piece := int64(math.MaxInt64)
	for _, b := range r.buckets() {
		if rate := float64(b.rate.Load()); rate > 0 {
			each := rate * round.Seconds() / float64(max(b.waiting.Load(), 1))
			piece = min(piece, int64(min(largestPiece, rate*burst.Seconds(), each)))
		}
	}
	return max(piece, 1)
}

func (b *bucket) wait(ctx context.Context, n int64) error {
	if b.rate.Load() == 0 {
		return nil
	}
	b.waiting.Add(1)
	defer b.waiting.Add(-1)
	for n > 0 && b.rate.Load() > 0 {
		// No more than the bucket holds can be drawn at once. Streams that wait at
		// the same time take turns.
		tokens := b.tokens.Load()
		drawn := min(n, int64(tokens.Burst()))
		turn := tokens.ReserveN(time.Now(), int(drawn))
		if !turn.OK() {
			continue // the bucket became smaller meanwhile
		}
		if err := until(ctx, turn); err != nil {
			return err
		}
		n -= drawn
	}
	return nil
}

// until waits for a turn, or gives it back at the end of ctx.
func until(ctx context.Context, turn *rate.Reservation) error {
	if ctx.Err() != nil {
		turn.Cancel()
		return context.Cause(ctx)
	}
	delay := turn.Delay()
	if delay == 0 {
		return nil
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		turn.Cancel()
		return context.Cause(ctx)
	}
}

// least is the lowest of the rates that hold for r, 0 if there is none.
func (r *RateLimit) least() (bytesPerSecond int64) {
	for _, b := range r.buckets() {
		if rate := b.rate.Load(); rate > 0 && (bytesPerSecond == 0 || rate < bytesPerSecond) {
			bytesPerSecond = rate
		}
	}
	return bytesPerSecond
}

// Send has the kernel space the packets of what conn sends, at the whole rate
// or conn's own pacing if that is slower: a piece that had to wait does not then
// leave as one burst, nor does what gathered in the send buffer while the path
// stood still. Where the kernel can't, pieces leave as they are; the rate holds.
// To be called between pieces, follow does the same for a rate that has changed
// since; it costs nothing if it has not.
//
// Pacing alone would not hold the rate: the kernel leaves the first ten packets of
// a connection alone, which is all of a small file.
func (r *RateLimit) Send(conn *net.TCPConn) (follow func()) {
	if r == nil {
		return func() {}
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return func() {}
	}
	own, set := ownPacing(raw), int64(0)
	follow = func() {
		wanted := r.least()
		if wanted == set || own < 0 {
			return
		}
		set = wanted
		rate := wanted
		switch {
		case rate == 0 && own == 0:
			rate = unlimited
		case rate == 0 || own > 0 && own < rate:
			rate = own
		}
		_ = raw.Control(func(fd uintptr) { _ = setPacing(int(fd), rate) })
	}
	follow()
	return follow
}

// ownPacing is the pacing that a connection has, less than 0 if the kernel has none.
func ownPacing(raw syscall.RawConn) (bytesPerSecond int64) {
	bytesPerSecond = -1
	_ = raw.Control(func(fd uintptr) {
		if own, err := pacing(int(fd)); err == nil {
			bytesPerSecond = own
		}
	})
	return bytesPerSecond
}
