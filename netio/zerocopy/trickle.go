package zerocopy

import (
	"errors"
	"fmt"
	"time"
)

// ErrTrickle reports a peer that keeps a connection from being idle with next to
// nothing.
var ErrTrickle = errors.New("the peer moves next to nothing")

// trickleSpan is the wait, in idle limits, within which the floor must be
// reached: a slow link that paused for one of them has another to make up.
const trickleSpan = 2

// Trickle tells a slow connection from one that is kept open by a byte now and
// then. It counts only the time spent in waiting for the peer, so nobody else's
// slowness is held against it: a disk's, a rate limit's, our own.
type Trickle struct {
	// Floor is how many bytes at least move in two Idle of waiting; 0 or less: any.
	Floor int64
	Idle  time.Duration

	moved  int64
	waited time.Duration
}

// Moved says that n bytes have moved after a wait. The error is [ErrTrickle].
func (t *Trickle) Moved(n int64, waited time.Duration) error {
	if t.Floor <= 0 || t.Idle <= 0 {
		return nil
	}
	t.moved += n
	t.waited += waited
	switch {
	case t.moved >= t.Floor:
		t.moved, t.waited = 0, 0
	case t.waited >= trickleSpan*t.Idle:
		return fmt.Errorf("%w: %d bytes in %v of waiting, at least %d are wanted", ErrTrickle, t.moved, t.waited.Round(time.Millisecond), t.Floor)
	}
	return nil
}
