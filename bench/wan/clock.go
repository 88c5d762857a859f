package wan

import (
	"math"
	"time"
)

// clock is the link's own time. It says when a packet that arrives now will
// have left the link, from the rate alone: a thread that wakes late hands
// packets over late, but the next ones leave no later for it. Times are
// nanoseconds since some start.
type clock struct {
	rate  int64 // bit/s; 0: unlimited
	queue int64 // longest wait a packet may find, in ns
	free  int64 // when the link has sent all it took; the part below a
	part  int64 // nanosecond in units of 1/rate ns
	most  int64 // longest wait there was, in ns
}

func newClock(rate, queue int64) clock {
	c := clock{rate: rate}
	if rate > 0 {
		c.queue = int64(math.Min(float64(queue)*8e9/float64(rate), math.MaxInt64/4))
	}
	return c
}

// take sends one packet of size bytes that arrives now, and reports whether
// there was room for it: it must fit in the queue with all that waits, unless
// nothing does. It has left the link at c.free.
func (c *clock) take(now, size int64) bool {
	if c.rate == 0 {
		c.free = max(c.free, now)
		return true
	}
	if c.free < now {
		c.free, c.part = now, 0
	}
	bits := size*8e9 + c.part
	spent, part := bits/c.rate, bits%c.rate
	wait := c.free - now
	if wait > 0 && wait+spent > c.queue {
		return false
	}
	c.free, c.part = c.free+spent, part
	c.most = max(c.most, c.free-now)
	return true
}

// lasts is the time the link needs for size bytes.
func (c *clock) lasts(size int64) int64 {
	if c.rate == 0 {
		return 0
	}
	return size * 8e9 / c.rate
}

// fits reports whether packets of together size bytes that arrive now all find
// room.
func (c *clock) fits(now, size int64) bool {
	return c.rate == 0 || max(c.free-now, 0)+c.lasts(size)+1 <= c.queue
}

// queueMax is the most that waited at once, in bytes, what was being sent
// included.
func (c *clock) queueMax() int64 {
	return int64(float64(c.most) * float64(c.rate) / 8e9)
}

// bound is the longest a packet can be between arrival and due time.
func (d Direction) bound() time.Duration {
	return d.Delay + d.Jitter + time.Duration(newClock(d.Rate, d.Queue).queue)
}
