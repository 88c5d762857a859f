package server

import (
	"context"

	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

// Modes of what clients create (wire.md 6.6), less the umask.
const (
	fileMode = 0o660
	dirMode  = 0o750
)

func (v version1) mkdir(name string) error {
	if err := v.tree.Mkdir(storage.Join(v.dir, name), dirMode&^v.umask); err != nil {
		v.log.Info("mkdir refused", "directory", name, "error", err)
		return v.answer(mkdirRefusal(name, err))
	}
	v.log.Info("mkdir", "directory", name)
	return v.reply(wire.MsgOK, "OK")
}

func (v version1) chdir(name string) error {
	dir, err := v.tree.Chdir(storage.Join(v.dir, name))
	if err != nil {
		return v.answer(chdirRefusal(name, err))
	}
	v.dir = dir
	return v.reply(wire.MsgOK, dir)
}

func (v version1) list(ctx context.Context, pattern string) error {
	return v.listing(ctx, func(ctx context.Context) error {
		names, err := v.tree.Glob(ctx, v.dir, pattern)
		if err != nil {
			return v.answer(listRefusal(pattern, err))
		}
		return v.ctl.Send(wire.ListReply{Names: names})
	})
}
