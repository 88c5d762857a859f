package privsep

import (
	"context"
	"sync/atomic"
	"time"
)

// news are what a session is told while it runs, by a goroutine of its own: one that
// does not listen must not keep the others waiting.
type news struct {
	limit atomic.Int64 // bytes per second, 0: no limit
	wake  chan struct{}
}

func (n *news) rate(limit int64) {
	if n.limit.Swap(limit) == limit {
		return
	}
	select {
	case n.wake <- struct{}{}:
	default: // it is awake, and looks after that
	}
}

// tell tells p, until telling ends. Once serving ends p has some time to.
func (n *news) tell(telling, serving, draining context.Context, p *process) {
	drain := draining.Done()
	for {
		o := order{}
		select {
		case <-telling.Done():
			return
		case <-n.wake:
			o.Rate = new(n.limit.Load())
		case <-drain:
			drain, o.Drain = nil, true
		case <-serving.Done():
			o.Stop = true
		}
		err := p.send(o)
		if err != nil || o.Stop {
			_ = p.wait(grace)
			return
		}
	}
}

// pace keeps a session from flooding the log: it waits, and so does who writes.
type pace struct {
	left float64
	last time.Time
}

const (
	linesPerSecond = 1000
	linesAtOnce    = 2000
)

func (p *pace) wait(ctx context.Context) {
	now := time.Now()
	if p.last.IsZero() {
		p.left = linesAtOnce
	}
	p.left = min(linesAtOnce, p.left+now.Sub(p.last).Seconds()*linesPerSecond)
	p.last = now
	if p.left--; p.left >= 0 {
		return
	}
	select {
	case <-time.After(time.Second / 10):
	case <-ctx.Done():
	}
}
