package netio

import (
	"context"
	"math"
	"time"
)

// Turns are those of one data stream under a limit. They are not safe for
// concurrent use.
//
//	Join ─► Piece ─► so many bytes move ─► Wait ─┬─► Settle ─► Leave
//	          ▲                                  │
//	          └──────────────────────────────────┘
//
// A sender counts a piece as moved when it has handed it to the kernel, a receiver
// when it has read it; the peer of a receiver is slowed by being read later.
type Turns struct {
	accounts []account
	timer    *time.Timer // nil until there was a wait
}

// account is what a stream owes to one bucket.
type account struct {
	*bucket
	then int64 // the rate at the last Piece, bytes per second; 0: none
	due  int64 // a turn, in bytes
	owed int64 // bytes that moved at that rate and are not paid for yet
}

// Join has one more stream draw from r, until Leave. Where r is nil its turns come
// at once.
func (r *RateLimit) Join() *Turns {
	t := new(Turns)
	for _, b := range r.buckets() {
		b.streams.Add(1)
		t.accounts = append(t.accounts, account{bucket: b})
	}
	return t
}

// Leave ends the turns. What moved and was not settled counts all the same.
func (t *Turns) Leave() {
	for i := range t.accounts {
		t.accounts[i].pay()
		t.accounts[i].streams.Add(-1)
	}
	t.accounts = nil
}

// Piece is the most bytes that should move before the next Wait, at least 1: so
// few that no stream stands still for long, however low the rate is and however
// many share it. Without a rate in effect it is [math.MaxInt64].
func (t *Turns) Piece() int64 {
	piece := int64(math.MaxInt64)
	for i := range t.accounts {
		piece = min(piece, t.accounts[i].left())
	}
	return piece
}

// Wait says that n bytes have moved, as many as Piece allowed or a header more,
// and returns when others may, or with the cause of ctx. Bytes that began to move
// while there was no rate wait for none.
//
// Short pieces wait together, as soon as they come to a turn: the turns of all
// streams are then alike, whatever their pieces are.
func (t *Turns) Wait(ctx context.Context, n int64) error {
	var over time.Time
	for i := range t.accounts {
		a := &t.accounts[i]
		if a.then == 0 {
			continue
		}
		if a.owed += n; a.owed >= a.due {
			over = later(over, a.pay())
		}
	}
	return t.until(ctx, over)
}

// Settle returns when all that moved has had its time, or with the cause of ctx.
// It is for the end of a stream: files that are smaller than a turn wait too.
func (t *Turns) Settle(ctx context.Context) error {
	var over time.Time
	for i := range t.accounts {
		over = later(over, t.accounts[i].pay())
	}
	return t.until(ctx, over)
}

// until waits for a point in time, or the end of ctx.
func (t *Turns) until(ctx context.Context, at time.Time) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	delay := time.Until(at)
	if delay <= 0 {
		return nil
	}
	if t.timer == nil {
		t.timer = time.NewTimer(delay)
	} else {
		t.timer.Reset(delay)
	}
	select {
	case <-t.timer.C:
		return nil
	case <-ctx.Done():
		t.timer.Stop()
		return context.Cause(ctx)
	}
}

// left is how many bytes there are to the stream's next turn.
func (a *account) left() int64 {
	if now := a.rate.Load(); now != a.then {
		a.pay() // at the rate that it moved at
		a.then = now
	}
	if a.then == 0 {
		return math.MaxInt64
	}
	a.due = a.turn(a.then)
	if a.owed < a.due {
		return a.due - a.owed
	}
	return a.due // turns have become shorter, as streams have joined
}

// pay takes the time of what is owed and returns when it is over, the zero time
// if nothing is.
func (a *account) pay() (over time.Time) {
	if a.owed == 0 {
		return over
	}
	over = a.take(a.owed, a.then)
	a.owed = 0
	return over
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
