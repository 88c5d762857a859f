package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

// openFile opens a file of the session's tree.
func (s *session) openFile(_ context.Context, name string) (*storage.Source, error) {
	return s.tree.OpenSource(storage.Join(s.dir, name))
}

// openMass opens a file of the mass storage, which may take minutes.
func (s *session) openMass(ctx context.Context, name string) (src *storage.Source, err error) {
	err = s.watched(ctx, func(ctx context.Context) error {
		src, err = s.server.cfg.MassStorage.Open(ctx, name, s.account.MassStorage)
		return err
	})
	return src, err
}

// retrieve serves the MSG_RETR family (wire.md 7.3), reading the file that
// open finds.
func (s *session) retrieve(ctx context.Context, r wire.FileRequest, open func(context.Context, string) (*storage.Source, error)) error {
	name, err := r.FileName()
	if err != nil {
		return err
	}
	record := &transferRecord{op: "get", name: name, streams: int(r.Count), began: time.Now()}
	src, err := open(ctx, name)
	if src != nil {
		defer func() { _ = src.Close() }()
	}
	if err != nil {
		s.transferred(record, err)
		var in *interruption
		if errors.As(err, &in) {
			return in
		}
		return s.ctl.Send(openRefusal(name, err))
	}
	record.size = src.Size()
	if err := s.ctl.Send(wire.RetrOK{Size: src.Size()}); err != nil {
		return err
	}
	switch answer, err := s.awaitStart(); {
	case err != nil:
		s.transferred(record, err)
		return err
	case answer == wire.MsgCreateZero && record.size == 0:
		s.transferred(record, nil)
		return nil
	case answer != wire.MsgRetrStart:
		s.transferred(record, fmt.Errorf("declined by the client: %v", answer))
		return nil
	}
	record.began = time.Now()
	err = s.watched(ctx, func(ctx context.Context) error {
		streams, err := s.callBack(ctx, r)
		if err != nil {
			return err
		}
		return s.server.engine.Send(ctx, streams, src.File(), src.Size(),
			s.options(r.Kind == wire.MsgRetrC || r.Kind == wire.MsgRetrRFIOC), &record.counters)
	})
	s.transferred(record, err)
	if err == nil {
		return s.reply(wire.MsgOK, "OK")
	}
	var in *interruption
	if !errors.As(err, &in) {
		return s.ctl.Send(transferRefusal(err))
	}
	if !in.aborted() {
		return in
	}
	// The watch only looked at it. Only its header counts (wire.md 1.2).
	if _, err := s.ctl.ReadHeader(s.server.cfg.Waits.Command); err != nil {
		return err
	}
	return s.reply(wire.MsgBad, textInterrupted)
}

// awaitStart reads the client's answer to MSG_RETR_OK. Nothing is answered to a
// client that does not want data.
func (s *session) awaitStart() (wire.Code, error) {
	h, err := s.ctl.ReadHeader(s.server.cfg.Waits.Start)
	if err != nil {
		return 0, fmt.Errorf("wait for MSG_RETR_START: %w", err)
	}
	if h.Code == wire.MsgRetrStart || h.Code == wire.MsgCreateZero || isAbort(h.Code) {
		return h.Code, nil
	}
	return 0, fmt.Errorf("%w: %v instead of MSG_RETR_START", errProtocol, h.Code)
}
