package server

import (
	"context"
	"fmt"

	"bbftp/engine/wire"
)

// interruption is what the client did on the control connection while a
// transfer was agreed on or running.
type interruption struct {
	header wire.Header
	err    error
}

func (i *interruption) Error() string {
	if i.err != nil {
		return fmt.Sprintf("control connection lost during the transfer: %v", i.err)
	}
	return fmt.Sprintf("%v during the transfer", i.header.Code)
}

func (i *interruption) Unwrap() error { return i.err }

// aborted tells whether the client asked to stop. Code 27, the seed document's
// MSG_ABORT, means the same as MSG_ABR here.
func (i *interruption) aborted() bool {
	return i.err == nil && isAbort(i.header.Code)
}

func isAbort(c wire.Code) bool { return c == wire.MsgAbr || c == wire.MsgAbort }

// watched runs work while listening to the control connection. What the client
// does there cancels work's context and is returned as *interruption, even when
// work had just finished: the client can't know that it had.
func (s *session) watched(ctx context.Context, work func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := s.ctl.Watch(func(h wire.Header, err error) {
		cancel(&interruption{header: h, err: err})
	})
	err := work(ctx)
	stop()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
