package server

import (
	"context"
	"net"

	"bbftp/engine/auth"
	"bbftp/engine/control"
)

// ServeConn serves the one session of conn, as inetd(8) hands it over, until
// the client, ctx or [Server.Drain] ends it. It closes conn, which must be one of
// TCP. A login that failed is an error, and so is a connection that is not let in.
func (s *Server) ServeConn(ctx context.Context, conn net.Conn) error {
	service := s.current.Load()
	if service.cfg.Accounts == nil {
		_ = conn.Close()
		return errNoAccounts
	}
	ctx, evict := context.WithCancelCause(ctx)
	defer evict(nil)
	defer survive(service.log, conn)
	noticeEnd(conn)
	visit, err := s.gate.Enter(control.AddrPort(conn.RemoteAddr()).Addr(), func() { evict(errEvicted) })
	if err != nil {
		service.refused(conn, err)
		return err
	}
	defer visit.Leave()
	return service.session(ctx, conn, auth.NewKeyPool(ctx, 1), visit)
}
