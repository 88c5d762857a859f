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
	err := v.tree.Mkdir(storage.Join(v.dir, name), dirMode&^v.umask)
	v.changed("mkdir", name, err)
	if err != nil {
		return v.answer(mkdirRefusal(name, err))
	}
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
