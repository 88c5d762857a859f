package server

import (
	"context"

	"bbftp/engine/wire"
)

// listing has list look for names and send them, within the time limit and
// with few others at once: a listing takes memory until the client has read it.
func (s *session) listing(ctx context.Context, list func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.server.cfg.Waits.List)
	defer cancel()
	select {
	case s.server.listings <- struct{}{}:
		defer func() { <-s.server.listings }()
	case <-ctx.Done():
		return s.reply(wire.MsgBad, "Too many listings at once")
	}
	return list(ctx)
}
