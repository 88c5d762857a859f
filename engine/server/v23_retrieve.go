package server

import (
	"context"
	"fmt"
	"io/fs"

	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

// retrieve serves MSG_RETR_V2 (wire.md 8.3).
func (v versions23) retrieve(ctx context.Context, h wire.Header, r wire.Transfer, name string) error {
	open := v.openFile
	if r.Options.Has(wire.OptRFIO) {
		if v.server.cfg.MassStorage == nil {
			v.unwilling("get", name, errNoMass)
			return v.reply(wire.MsgBadNoRetry, "Fail to retreive : RFIO not supported")
		}
		open = v.openMass
	}
	if err := valid(r); err != nil {
		v.unwilling("get", name, errInvalid)
		return v.invalid(h, err)
	}
	t := v.request("get", name, r)
	src, err := open(ctx, name)
	if err != nil {
		v.transferred(t.fileTransfer, err)
		return v.unopened(name, err)
	}
	defer func() { _ = src.Close() }()
	answer := v.describe(r, src)
	t.size, t.streams = answer.Size, int(answer.Streams)
	if t.size == 0 {
		err = v.awaitCreateZero(answer)
	} else {
		release, held := v.hold(t.streams)
		if held != nil {
			v.transferred(t.fileTransfer, held)
			return v.answer(transferRefusal23(held))
		}
		defer release()
		err = v.carry(ctx, t, answer, v.server.cfg.Waits.Start, func() error { return v.send(ctx, t.fileTransfer, src) })
	}
	v.transferred(t.fileTransfer, err)
	if err == nil && t.size == 0 {
		return nil // never answered
	}
	return v.conclude(err, transferRefusal23)
}

// describe decides on a retrieve: one stream for each full buffer of the file, no
// more than wanted or allowed, and one at least (wire.md 6.2).
func (v versions23) describe(r wire.Transfer, src *storage.Source) wire.Transfer {
	r.Size = src.Size()
	r.Mode = permissions(src.Mode())
	r.Accessed, r.Modified = wire.NewTimestamp(src.Accessed()), wire.NewTimestamp(src.Modified())
	full := r.Size / int64(r.BlockLimit())
	r.Streams = int32(max(1, min(full, int64(v.streams(r)))))
	return r
}

// permissions are the bits of mode as the system numbers them, set-id bits
// included.
func permissions(mode fs.FileMode) int32 {
	bits := int32(mode.Perm())
	for i, special := range [...]fs.FileMode{fs.ModeSticky, fs.ModeSetgid, fs.ModeSetuid} {
		if mode&special != 0 {
			bits |= 0o1000 << i
		}
	}
	return bits
}

// awaitCreateZero offers an empty file, which needs no streams, and waits until
// the client has made its own.
func (v versions23) awaitCreateZero(answer wire.Transfer) error {
	if err := v.offer(answer); err != nil {
		return err
	}
	h, err := v.ctl.ReadHeader(v.server.cfg.Waits.Start)
	switch {
	case err != nil:
		return &interruption{err: fmt.Errorf("wait for MSG_CREATE_ZERO: %w", err)}
	case h.Code == wire.MsgCreateZero:
		return nil
	case h.Code == wire.MsgAbort:
		return errDeclined
	}
	return unexpected(h)
}
