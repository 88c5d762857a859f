package server

import (
	"context"
	"net"

	"bbftp/engine/auth"
)

// ServeConn serves the one session of conn, as inetd(8) hands it over, until
// the client or ctx ends it. It closes conn, which must be one of TCP. A login
// that failed is an error.
func (s *Server) ServeConn(ctx context.Context, conn net.Conn) error {
	if s.cfg.Accounts == nil {
		_ = conn.Close()
		return errNoAccounts
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer s.survive(conn.RemoteAddr())
	return s.session(ctx, conn, auth.NewKeyPool(ctx, 1))
}
