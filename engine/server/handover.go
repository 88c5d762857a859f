package server

import (
	"context"
	"net"

	"bbftp/engine/admission"
	"bbftp/engine/auth"
	"bbftp/engine/control"
	"bbftp/engine/wire"
)

// Entered is a client that has logged in and was not told so yet: between a
// process that takes logins and one that serves the account.
type Entered struct {
	Account auth.Account
	// Conn is the control connection, or what TLS made of it.
	Conn net.Conn
	// Early is what the client has said after its login.
	Early []byte
	// TLS tells whether Conn goes through TLS.
	TLS bool
	// Session is the number for records.
	Session uint64
	// Streams asks whoever counts them for n more data streams; it fails with
	// [admission.ErrStreams]. Default: no limit.
	Streams func(n int) (release func(), err error)
	// AtMost is how many of them there can ever be at once; 0: any number.
	AtMost int
}

// Login takes the login of conn, which it closes unless that succeeds. Accounts
// of the configuration decides; no file is touched. Whose place it is, how long a
// wrong login waits and how many sessions a user has is left to Accounts as well,
// which may fail with [admission.ErrUserFull].
func (s *Server) Login(ctx context.Context, conn net.Conn, keys auth.Keys) (*Entered, error) {
	service := s.current.Load()
	ctl := control.New(conn, wire.Client, service.limits())
	stop := context.AfterFunc(ctx, func() { _ = ctl.Close() })
	account, err := service.enter(ctx, ctl, keys, new(admission.Visit))
	if err != nil {
		_ = ctl.Hangup()
		stop()
		return nil, err
	}
	if !stop() {
		return nil, context.Cause(ctx)
	}
	e := &Entered{Account: account}
	_, e.TLS = ctl.TLS()
	e.Conn, e.Early = ctl.Release()
	return e, nil
}

// ServeEntered serves the session of a client that another process let in,
// until the client, ctx or [Server.Drain] ends it. It closes e.Conn, whose
// addresses must be those of TCP.
func (s *Server) ServeEntered(ctx context.Context, e *Entered) error {
	service := s.current.Load()
	ctl := control.Resume(e.Conn, wire.Client, service.limits(), e.Early)
	defer context.AfterFunc(ctx, func() { _ = ctl.Close() })()
	defer func() { _ = ctl.Hangup() }()
	defer survive(service.log, e.Conn)
	session := &session{ctl: ctl, account: e.Account, number: e.Session, tls: e.TLS, quota: new(admission.Visit)}
	if e.Streams != nil {
		session.quota = otherGate{ask: e.Streams, most: e.AtMost}
	}
	return service.serve(ctx, session)
}

// otherGate counts data streams in another process.
type otherGate struct {
	ask  func(n int) (release func(), err error)
	most int // 0: no limit
}

func (g otherGate) Streams(n int) (release func(), err error) { return g.ask(n) }

func (g otherGate) AtMost(n int) int {
	if g.most > 0 {
		n = min(n, g.most)
	}
	return n
}
