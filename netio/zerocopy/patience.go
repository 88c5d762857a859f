package zerocopy

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// patience keeps one deadline of a connection ahead of a transfer for as long
// as the transfer makes progress.
//
// Moving a deadline costs a lock and a timer, so it is moved at most once per
// grain; the deadline lies a grain further away to make up for it, and a wait
// is cut between idle and idle+grain after the last progress.
type patience struct {
	set   func(time.Time) error // SetReadDeadline or SetWriteDeadline
	idle  time.Duration         // 0: no limit, the deadline is left alone
	grain time.Duration
	moved time.Time
}

// start arms the deadline for the first wait.
func (p *patience) start() error {
	p.grain = min(time.Second, p.idle/8)
	return p.progress()
}

// progress says that the peer did something, or that the next wait begins now.
func (p *patience) progress() error {
	if p.idle <= 0 {
		return nil
	}
	now := time.Now()
	if now.Sub(p.moved) < p.grain {
		return nil
	}
	p.moved = now
	return p.set(now.Add(p.idle + p.grain))
}

// stop leaves the connection without a deadline. A connection that is already
// closed needs none, so the error tells nothing new.
func (p *patience) stop() {
	if p.idle > 0 {
		_ = p.set(time.Time{})
	}
}

// explain adds the limit to the error of a wait that ran into it.
func (p *patience) explain(err error) error {
	if p.idle > 0 && errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("peer idle for %v: %w", p.idle, err)
	}
	return err
}
