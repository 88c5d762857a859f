package client

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"bbftp/engine/transfer"
	"bbftp/engine/wire"
	"bbftp/netio/zerocopy"
)

// conclude moves the data and waits for the server's final word (wire.md 6.5).
// Both must be good: the server's MSG_OK alone does not prove that this side
// wrote everything, nor this side's ACKs that the server kept the file.
func (c *Client) conclude(ctx context.Context, move func(context.Context) error) error {
	streams, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	moved := make(chan error, 1)
	go func() { moved <- move(streams) }()

	verdict, err := c.verdict(moved)
	if err != nil || verdict.Kind != wire.MsgOK {
		cancel(errAbandoned)
	}
	failure := <-moved
	switch {
	case ctx.Err() != nil:
		c.disconnect()
		return context.Cause(ctx)
	case err != nil && failure != nil && !errors.Is(failure, errAbandoned):
		return fmt.Errorf("%w (%v)", err, failure)
	case err != nil:
		return err
	case failure == nil && verdict.Kind == wire.MsgOK:
		return nil
	}
	// The session goes on, but a legacy server that takes the next command
	// before it has cleaned up closes the connection.
	c.settled = time.Now().Add(c.set.Waits.Settle)
	switch {
	case localFailure(failure):
		return &LocalError{"transfer", failure}
	case verdict.Kind == wire.MsgOK:
		return failure
	case failure == nil || errors.Is(failure, errAbandoned):
		return refused(verdict)
	}
	return fmt.Errorf("%w (%v)", refused(verdict), failure)
}

// errAbandoned is the cause given to streams whose outcome no longer matters.
var errAbandoned = errors.New("the server ended the transfer")

// verdict waits for the server's final word. While the streams move it may
// take as long as they do; once they ended, which moved tells, it is due. The
// value read from moved is put back for the caller.
func (c *Client) verdict(moved chan error) (wire.Reply, error) {
	var late <-chan time.Time
	for {
		arrived := make(chan struct{})
		stop := c.ctl.Watch(func(wire.Header, error) { close(arrived) })
		if late == nil {
			select {
			case <-arrived:
			case failure := <-moved:
				moved <- failure
				due := time.NewTimer(c.set.Waits.Reply)
				defer due.Stop()
				late = due.C
			}
		}
		select {
		case <-arrived:
		case <-late:
			stop()
			return wire.Reply{}, c.broken(fmt.Errorf("no final word from the server within %v", c.set.Waits.Reply))
		}
		stop()
		m, err := c.ctl.Read(c.set.Waits.Reply)
		if err != nil {
			return wire.Reply{}, c.broken(fmt.Errorf("wait for the end of the transfer: %w", err))
		}
		c.spoken.Store(true)
		r, ok := m.(wire.Reply)
		if !ok {
			return wire.Reply{}, c.broken(fmt.Errorf("%v during a transfer", m.Code()))
		}
		switch r.Kind {
		case wire.MsgOK, wire.MsgBad, wire.MsgBadNoRetry:
			return r, nil
		case wire.MsgInfo:
			c.informed(r)
		default:
			return wire.Reply{}, c.broken(fmt.Errorf("%v during a transfer", r.Kind))
		}
	}
}

// localFailure tells whether a stream failed for a cause on this machine that
// trying again would only repeat.
func localFailure(err error) bool {
	for _, cause := range []error{
		transfer.ErrChanged, zerocopy.ErrShortSource,
		syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, syscall.EIO, syscall.EROFS,
	} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}
