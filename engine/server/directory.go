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

func (s *session) mkdir(name string) error {
	if err := s.tree.Mkdir(storage.Join(s.dir, name), dirMode&^s.umask); err != nil {
		s.log.Info("mkdir refused", "directory", name, "error", err)
		return s.ctl.Send(mkdirRefusal(name, err))
	}
	s.log.Info("mkdir", "directory", name)
	return s.reply(wire.MsgOK, "OK")
}

func (s *session) chdir(name string) error {
	dir, err := s.tree.Chdir(storage.Join(s.dir, name))
	if err != nil {
		return s.ctl.Send(chdirRefusal(name, err))
	}
	s.dir = dir
	return s.reply(wire.MsgOK, dir)
}

func (s *session) list(ctx context.Context, pattern string) error {
	ctx, cancel := context.WithTimeout(ctx, s.server.cfg.Waits.List)
	defer cancel()
	// A listing takes memory until the client has read it.
	select {
	case s.server.listings <- struct{}{}:
		defer func() { <-s.server.listings }()
	case <-ctx.Done():
		return s.reply(wire.MsgBad, "Too many listings at once")
	}
	names, err := s.tree.Glob(ctx, s.dir, pattern)
	if err != nil {
		return s.ctl.Send(listRefusal(pattern, err))
	}
	return s.ctl.Send(wire.ListReply{Names: names})
}
