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
	heard atomic.Bool // of the session, since it was last asked

	missed int // questions in a row that it left without an answer; of who tells
}

// questions are asked in the time that a session may stand still. Not one alone
// decides: it may be we who stood still.
const questions = 4

// silent tells, before a question, whether too many before it were left without an answer.
func (n *news) silent() bool {
	n.missed++
	if n.heard.Swap(false) {
		n.missed = 0
	}
	return n.missed == questions-1
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

// tell tells the session, until telling ends. Once serving ends it has some time to.
// One that leaves questions without an answer is killed: it was stopped, perhaps by its
// user, and would keep its place.
func (s *served) tell(telling, serving context.Context) {
	drain := s.monitor.draining.Done()
	asking, stop := s.monitor.cfg.asking(s.user.Name)
	defer stop()
	for {
		o := order{}
		select {
		case <-telling.Done():
			return
		case <-s.news.wake:
			o.Rate = new(s.news.limit.Load())
		case <-drain:
			drain, o.Drain = nil, true
		case <-serving.Done():
			o.Stop = true
		case <-asking:
			o.Ping = true
			if s.news.silent() {
				s.log.Error("session process does not answer")
				s.process.kill()
				return
			}
		}
		err := s.process.send(o)
		if err != nil || o.Stop {
			_ = s.process.wait(grace)
			return
		}
	}
}

// pace keeps a session from flooding the log: it waits, and so does who writes.
type pace struct {
	left float64 // bytes
	last time.Time
}

const (
	bytesPerSecond = 1 << 20
	bytesAtOnce    = 2 << 20
	// leastBytes is what the smallest message counts for: it is work, too.
	leastBytes = 256
)

func (p *pace) wait(ctx context.Context, n int) {
	now := time.Now()
	if p.last.IsZero() {
		p.left = bytesAtOnce
	}
	p.left = min(bytesAtOnce, p.left+now.Sub(p.last).Seconds()*bytesPerSecond)
	p.last = now
	if p.left -= float64(max(n, leastBytes)); p.left >= 0 {
		return
	}
	select {
	case <-time.After(time.Duration(-p.left / bytesPerSecond * float64(time.Second))):
	case <-ctx.Done():
	}
}
