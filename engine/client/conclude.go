package client

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"bbftp/engine/control"
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
	said := make(chan verdict, 1)
	ctl := c.ctl
	go func() {
		v := c.await(ctl)
		if v.err != nil || v.Kind != wire.MsgOK {
			cancel(errAbandoned)
		}
		said <- v
	}()
	failure := move(streams)
	reply, err := c.due(said)
	switch {
	case ctx.Err() != nil:
		c.disconnect()
		return context.Cause(ctx)
	case err != nil && failure != nil && !errors.Is(failure, errAbandoned):
		return fmt.Errorf("%w (%v)", err, failure)
	case err != nil:
		return err
	case failure == nil && reply.Kind == wire.MsgOK:
		return nil
	}
	// The session goes on, but a legacy server that takes the next command
	// before it has cleaned up closes the connection.
	c.settled = time.Now().Add(c.set.Waits.Settle)
	switch {
	case localFailure(failure):
		return &LocalError{"transfer", failure}
	case reply.Kind == wire.MsgOK:
		return failure
	case failure == nil || errors.Is(failure, errAbandoned):
		return refused(reply)
	}
	return fmt.Errorf("%w (%v)", refused(reply), failure)
}

// errAbandoned is the cause given to streams whose outcome no longer matters.
var errAbandoned = errors.New("the server ended the transfer")

// verdict is the server's final word, or why there is none.
type verdict struct {
	wire.Reply
	err error
}

// await reads the server's final word. While the streams move it may take as
// long as they do.
func (c *Client) await(ctl *control.Conn) verdict {
	for {
		m, err := ctl.Read(0)
		if err != nil {
			return verdict{err: fmt.Errorf("wait for the end of the transfer: %w", err)}
		}
		c.spoken.Store(true)
		r, ok := m.(wire.Reply)
		switch {
		case !ok:
			return verdict{err: fmt.Errorf("%v during a transfer", m.Code())}
		case r.Kind == wire.MsgOK || r.Kind == wire.MsgBad || r.Kind == wire.MsgBadNoRetry:
			return verdict{Reply: r}
		case r.Kind != wire.MsgInfo:
			return verdict{err: fmt.Errorf("%v during a transfer", r.Kind)}
		}
		if err := c.informed(r); err != nil {
			return verdict{err: err}
		}
	}
}

// due takes the final word once the streams have ended, when it is due.
func (c *Client) due(said <-chan verdict) (wire.Reply, error) {
	late := time.NewTimer(c.set.Waits.Reply)
	defer late.Stop()
	var v verdict
	select {
	case v = <-said:
	case <-late.C:
		_ = c.ctl.Close() // ends the reading
		if v = <-said; v.err != nil {
			v.err = fmt.Errorf("no final word from the server within %v", c.set.Waits.Reply)
		}
	}
	if v.err != nil {
		return wire.Reply{}, c.broken(v.err)
	}
	return v.Reply, nil
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
