package server

import (
	"context"
	"errors"
	"fmt"

	"bbftp/engine/wire"
)

// retrieve serves the MSG_RETR family (wire.md 7.3), reading the file that
// open finds.
func (v version1) retrieve(ctx context.Context, r wire.FileRequest, open opener) error {
	t, err := v.transfer("get", r)
	if err != nil {
		return err
	}
	src, err := open(ctx, t.name)
	if err != nil {
		v.transferred(t, err)
		return v.unopened(t.name, err)
	}
	defer func() { _ = src.Close() }()
	t.size = src.Size()
	release, err := v.hold(t.streams)
	if err != nil {
		v.transferred(t, err)
		return v.answer(transferRefusal(err))
	}
	defer release()
	if err := v.ctl.Send(wire.RetrOK{Size: t.size}); err != nil {
		v.transferred(t, &interruption{err: err})
		return err
	}
	switch answer, err := v.awaitStart(); {
	case err != nil:
		v.transferred(t, err)
		return err
	case answer == wire.MsgCreateZero && t.size == 0:
		v.transferred(t, nil)
		return nil
	case answer != wire.MsgRetrStart:
		v.transferred(t, errDeclined)
		return nil
	}
	err = v.send(ctx, t, src)
	v.transferred(t, err)
	var in *interruption
	if !errors.As(err, &in) {
		return v.conclude(err, transferRefusal)
	}
	if !in.aborted() {
		return in
	}
	// The watch only looked at it. Only its header counts (wire.md 1.2).
	if _, err := v.ctl.ReadHeader(v.server.cfg.Waits.Command); err != nil {
		return err
	}
	return v.reply(wire.MsgBad, textInterrupted)
}

// awaitStart reads the client's answer to MSG_RETR_OK. Nothing is answered to a
// client that does not want data.
func (v version1) awaitStart() (wire.Code, error) {
	h, err := v.ctl.ReadHeader(v.server.cfg.Waits.Start)
	if err != nil {
		return 0, fmt.Errorf("wait for MSG_RETR_START: %w", err)
	}
	if h.Code == wire.MsgRetrStart || h.Code == wire.MsgCreateZero || isAbort(h.Code) {
		return h.Code, nil
	}
	return 0, fmt.Errorf("%w: %v instead of MSG_RETR_START", errProtocol, h.Code)
}
