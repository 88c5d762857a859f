package modern

import (
	"math"
	"time"
)

// pace follows how fast bytes pass, with less weight for what is longer ago.
// The zero value has seen nothing.
type pace struct {
	at    time.Time
	bytes int64
	began time.Time
	rate  float64 // bytes per second
}

const (
	// memory is the age at which an observation has lost most of its weight
	// (1/e): long enough for a number that can be read, short enough to show a
	// stall.
	memory = 5 * time.Second
	// closest two observations count; rates over less time jump.
	closest = 50 * time.Millisecond
)

// observe tells how many bytes have passed by now and returns the rate. A
// number that went back begins anew: the file is tried again.
func (p *pace) observe(now time.Time, bytes int64) float64 {
	if p.began.IsZero() || bytes < p.bytes {
		*p = pace{at: now, began: now, bytes: bytes}
		return 0
	}
	since := now.Sub(p.at)
	if since < closest {
		return p.rate
	}
	current := float64(bytes-p.bytes) / since.Seconds()
	// In the beginning every observation weighs as much as its time.
	weight := max(1-math.Exp(-since.Seconds()/memory.Seconds()), since.Seconds()/now.Sub(p.began).Seconds())
	p.rate += weight * (current - p.rate)
	p.at, p.bytes = now, bytes
	return p.rate
}

// left is the time that the rest takes at rate, negative if nobody knows.
func left(rest int64, rate float64) time.Duration {
	seconds := float64(rest) / rate
	if rate <= 0 || seconds > (1000*time.Hour).Seconds() {
		return -1
	}
	return time.Duration(seconds * float64(time.Second))
}
