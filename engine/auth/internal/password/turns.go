package password

import (
	"context"
	"errors"
	"time"
)

// ErrBusy means a check found no free turn in time.
var ErrBusy = errors.New("too many logins at once")

// maxWait bounds the wait for a turn.
const maxWait = 30 * time.Second

// AtOnce is how many password checks may run at once where they cost memory and
// processor time: they are slow and large on purpose.
const AtOnce = 2

// Turns lets few password checks run at once; the others wait in the order in
// which they came.
type Turns chan struct{} // holds one element per running check

// NewTurns lets most checks run at once.
func NewTurns(most int) Turns { return make(Turns, most) }

// Take waits for a turn, until the end of ctx, whose cause it returns, or for 30 s,
// after which that is ErrBusy.
func (t Turns) Take(ctx context.Context) error {
	wait, cancel := context.WithTimeoutCause(ctx, maxWait, ErrBusy)
	defer cancel()
	if wait.Err() == nil {
		select {
		case t <- struct{}{}:
			return nil
		case <-wait.Done():
		}
	}
	return context.Cause(wait)
}

// Release gives a turn back.
func (t Turns) Release() { <-t }
