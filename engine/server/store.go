package server

import (
	"context"
	"errors"
	"time"

	"bbftp/engine/storage"
	"bbftp/engine/transfer"
	"bbftp/engine/wire"
)

// store serves MSG_STORE and MSG_STORE_C (wire.md 7.3). The target appears,
// complete, before MSG_OK, or not at all.
func (s *session) store(ctx context.Context, r wire.FileRequest) error {
	name, err := r.FileName()
	if err != nil {
		return err
	}
	record := &transferRecord{op: "put", name: name, size: r.Size, streams: int(r.Count), began: time.Now()}
	pending, err := s.tree.Create(storage.Join(s.dir, name), r.Size, fileMode&^s.umask)
	if err != nil {
		s.transferred(record, err)
		return s.ctl.Send(createRefusal(name, err))
	}
	defer func() { _ = pending.Abort() }()

	if r.Size > 0 {
		err = s.watched(ctx, func(ctx context.Context) error {
			streams, err := s.callBack(ctx, r)
			if err != nil {
				return err
			}
			return s.server.engine.Receive(ctx, streams, pending.File(), r.Size,
				s.options(r.Kind == wire.MsgStoreC), &record.counters)
		})
	}
	if err == nil {
		err = pending.Commit()
	}
	s.transferred(record, err)
	if err == nil {
		return s.reply(wire.MsgOK, "OK")
	}
	_ = pending.Abort() // before the reply: the client may look
	var in *interruption
	if errors.As(err, &in) {
		if in.err == nil {
			_ = s.reply(wire.MsgBad, textInterrupted)
		}
		return in
	}
	return s.ctl.Send(transferRefusal(err))
}

func (s *session) options(blocks bool) transfer.Options {
	return transfer.Options{
		Blocks:  blocks,
		Idle:    s.server.cfg.Waits.Idle,
		AckWait: s.server.cfg.Waits.Ack,
	}
}
