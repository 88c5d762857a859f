package admission

import (
	"context"
	"errors"
	"net/netip"
	"time"
)

const (
	// moment is how long a newcomer waits for a session that is ending: as long as its
	// server waits, after the end of what it says, for the client to hang up
	// (control.Conn.Hangup). Clients that come again at once may be sooner than that.
	moment = time.Second
	// again is how often it tries.
	again = 20 * time.Millisecond
)

// Passing tells whether err may be over in a moment, because a session is ending.
func Passing(err error) bool { return errors.Is(err, ErrFull) || errors.Is(err, ErrAddressFull) }

// EnterSoon is Enter by who waits up to a second for a place. The end of ctx is that of
// the server: ErrStopping.
func (g *Gate) EnterSoon(ctx context.Context, from netip.Addr, evict func()) (*Visit, error) {
	var v *Visit
	err := soon(ctx, func() (passing bool) {
		var err error
		v, err = g.TryEnter(from, evict)
		return Passing(err)
	})
	switch {
	case v != nil:
		return v, nil
	case err != nil:
		return nil, ErrStopping
	}
	return g.Enter(from, evict) // which counts the refusal
}

// AdmitSoon is Admit by who waits up to a second for a session of the user to end, or
// for the end of ctx, whose cause is then the error.
func (v *Visit) AdmitSoon(ctx context.Context, name string, sessions, streams int) error {
	var err error
	if ended := soon(ctx, func() (passing bool) {
		err = v.Admit(name, sessions, streams)
		return errors.Is(err, ErrUserFull)
	}); ended != nil {
		return ended
	}
	return err
}

// soon tries until that was not in vain for reasons that pass, for a moment. The error
// is the cause of ctx.
func soon(ctx context.Context, try func() (passing bool)) error {
	timer := time.NewTimer(again)
	defer timer.Stop()
	for end := time.Now().Add(moment); try() && time.Now().Before(end); timer.Reset(again) {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
