package netio

import (
	"context"
	"math"
	"net"
	"time"

	"golang.org/x/time/rate"
)

// RateLimit shares one rate among data streams, whichever come and go, in both
// directions. A nil *RateLimit limits nothing. It is safe for concurrent use.
//
// In any time t no more than rate × (t + 50 ms) passes. Who waits longest goes
// next, so that equal streams get equal shares, and what a slow one leaves goes
// to the others.
type RateLimit struct {
	rate   int64 // bytes per second
	bucket *rate.Limiter
}

// burst is how far a stream that was kept from its turn, by a timer or by the
// scheduler, may catch up.
const burst = 50 * time.Millisecond

// NewRateLimit returns a limit of so many bytes per second; nil for 0 or less.
func NewRateLimit(bytesPerSecond int64) *RateLimit {
	if bytesPerSecond <= 0 {
		return nil
	}
	size := float64(bytesPerSecond) * burst.Seconds()
	return &RateLimit{
		rate:   bytesPerSecond,
		bucket: rate.NewLimiter(rate.Limit(bytesPerSecond), int(max(1, min(size, math.MaxInt32)))),
	}
}

// Wait returns when n more bytes may pass, or with the cause of ctx. Each piece
// of each stream waits, the last one too. A sender waits before or after it has
// handed a piece to the kernel; the peer of a receiver is slowed by being read
// later.
func (r *RateLimit) Wait(ctx context.Context, n int64) error {
	if r == nil {
		return nil
	}
	// No more than the bucket holds can be drawn at once. Streams that wait at
	// the same time take turns.
	for most := int64(r.bucket.Burst()); n > 0; n -= most {
		if r.bucket.WaitN(ctx, int(min(n, most))) != nil {
			// Also where the deadline is nearer than the turn.
			<-ctx.Done()
			return context.Cause(ctx)
		}
	}
	return nil
}

// Send has the kernel space the packets of what conn sends, at the whole rate
// or conn's own pacing if that is slower: a piece that had to wait does not then
// leave as one burst, nor does what gathered in the send buffer while the path
// stood still. Where the kernel can't, pieces leave as they are; the rate holds.
//
// Pacing alone would not hold it: the kernel leaves the first ten packets of a
// connection alone, which is all of a small file.
func (r *RateLimit) Send(conn *net.TCPConn) {
	if r == nil {
		return
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		if own, err := pacing(int(fd)); err == nil && (own == 0 || own > r.rate) {
			_ = setPacing(int(fd), r.rate)
		}
	})
}
