package netio

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// bucket is the time of one limit. A stream that has moved n bytes takes n / rate
// of it, by the rate at which they began to move.
//
// Were it bytes instead, what moved at a rate that is then cut to a thousandth
// would be paid for at the new one, a thousand times as long: with 500 streams,
// half an hour in which none moves.
type bucket struct {
	rate    atomic.Int64 // bytes per second; 0: unlimited
	streams atomic.Int64 // how many draw from it

	begin sync.Once
	clock *rate.Limiter // of nanoseconds
}

const (
	// burst is how far a stream that was kept from its turn, by a timer or by the
	// scheduler, may catch up.
	burst = 50 * time.Millisecond
	// round is how long it takes until each stream has had its turn: far less than
	// peers wait for a stream that stands still, and so soon does a change of the
	// rate show.
	round = time.Second
	// largestTurn is what moves at once under a limit that is fast, in bytes.
	largestTurn = 64 << 10
)

// turn is what a stream moves at once at a rate in bytes per second, at least 1
// byte, however low that is.
func (b *bucket) turn(rate int64) (bytes int64) {
	each := round.Seconds() / float64(max(b.streams.Load(), 1))
	return max(int64(min(largestTurn, float64(rate)*min(each, burst.Seconds()))), 1)
}

// take takes the time of so many bytes at a rate and returns when it is over.
func (b *bucket) take(bytes, rateThen int64) (over time.Time) {
	b.begin.Do(func() { b.clock = rate.NewLimiter(rate.Limit(time.Second), int(burst)) })
	now := time.Now()
	over = now
	left := time.Duration(math.Ceil(float64(bytes) / float64(rateThen) * float64(time.Second)))
	for ; left > 0; left -= burst { // no more than the bucket holds can be drawn at once
		over = now.Add(b.clock.ReserveN(now, int(min(left, burst))).DelayFrom(now))
	}
	return over
}
