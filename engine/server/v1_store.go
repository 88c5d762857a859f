package server

import (
	"context"

	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

// store serves MSG_STORE and MSG_STORE_C (wire.md 7.3). The target appears,
// complete, before MSG_OK, or not at all.
func (v version1) store(ctx context.Context, r wire.FileRequest) error {
	t, err := v.transfer("put", r)
	if err != nil {
		return err
	}
	release, err := v.hold(t.streams)
	if err != nil {
		v.transferred(t, err)
		return v.answer(transferRefusal(err))
	}
	defer release()
	pending, err := v.tree.Create(storage.Join(v.dir, t.name), storage.NewFile{
		Size: t.size, Perm: fileMode &^ v.umask, Keep: true, Writable: true,
		Sync: v.server.cfg.Sync, Sparse: v.server.cfg.Sparse,
	})
	if err != nil {
		v.transferred(t, err)
		return v.answer(createRefusal(t.name, err))
	}
	defer func() { _ = pending.Abort() }() // after a crash
	if t.size > 0 {
		err = v.receive(ctx, t, pending)
	} else {
		err = pending.Commit()
	}
	_ = pending.Abort() // before the reply: the client may look
	v.transferred(t, err)
	return v.conclude(err, transferRefusal)
}
