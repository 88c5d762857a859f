package server

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"bbftp/engine/admission"
	"bbftp/engine/audit"
	"bbftp/engine/auth"
	"bbftp/engine/control"
	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

var (
	errNoAccounts = errors.New("bbftp server: no accounts configured")
	// errDraining ends sessions that wait while the server drains.
	errDraining = errors.New("the server is stopping")
)

// Serve accepts sessions on l until ctx ends, which also ends the sessions, or until
// [Server.Drain]; it returns once all of them are gone. It closes l, whose
// connections must be those of TCP.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	service := s.current.Load()
	if service.cfg.Accounts == nil {
		_ = l.Close()
		return errNoAccounts
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	keys := s.keys(ctx)
	acceptor := Acceptor{
		Gate: s.gate, Log: service.log, Audit: service.cfg.Audit,
		Refuse: s.Refuse,
		Serve: func(ctx context.Context, conn net.Conn, visit *admission.Visit) {
			_ = s.current.Load().session(ctx, conn, keys, visit) // logged
		},
	}
	defer context.AfterFunc(s.draining, acceptor.Drain)()
	return acceptor.Run(ctx, l)
}

// Refuse answers a connection that is not let in, for one of the errors of package
// admission, and closes it: the peer learns why instead of waiting for a greeting.
// Nothing here waits: the send buffer of a new connection takes the reply at once.
func (s *Server) Refuse(conn net.Conn, reason error) { s.current.Load().refuse(conn, reason) }

func (s *service) refuse(conn net.Conn, reason error) {
	ctl := control.New(conn, wire.Client, control.Limits{Send: time.Second})
	_ = ctl.Send(s.greeting(wire.MsgBad, sentence(reason)))
	_ = ctl.Close()
}

// refused is refuse for a connection that comes by itself.
func (s *service) refused(conn net.Conn, reason error) {
	recordRefusal(s.log, s.cfg.Audit, conn, reason)
	s.refuse(conn, reason)
}

// sentence is one of the errors of package admission as the peer reads it.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

// session serves one control connection to its end. Its error is that of a
// login that failed.
func (s *service) session(ctx context.Context, conn net.Conn, keys auth.Keys, visit *admission.Visit) error {
	ctl := control.New(conn, wire.Client, s.limits())
	defer context.AfterFunc(ctx, func() { _ = ctl.Close() })()
	defer func() { _ = ctl.Hangup() }()
	account, err := s.enter(ctx, ctl, keys, visit)
	if err != nil {
		return err
	}
	_, secured := ctl.TLS()
	return s.serve(ctx, &session{ctl: ctl, account: account, number: visit.Number(), tls: secured, quota: visit})
}

// serve opens the directory of a client that is let in, greets it and serves its
// session.
func (s *service) serve(ctx context.Context, session *session) error {
	session.server = s
	session.log = s.log.With("client", session.ctl.RemoteAddr().String())
	name := session.account.Name
	tree, home, err := s.open(session.account)
	if err != nil {
		session.log.Error("account unusable", "user", name, "error", err)
		session.record(audit.Record{Event: audit.Login, Outcome: audit.Failed, Reason: reasonNoHome})
		_ = session.ctl.Send(s.greeting(wire.MsgBad, textNoHome))
		return err
	}
	defer func() { _ = tree.Close() }()
	if err := session.ctl.Send(s.greeting(wire.MsgOK, "OK")); err != nil {
		session.log.Warn("login failed", "user", name, "error", err)
		session.record(audit.Record{Event: audit.Login, Outcome: audit.Failed, Reason: reasonLost})
		return err
	}
	session.tree, session.dir, session.oldest = tree, home, 1
	s.run(ctx, session)
	return nil
}

// run serves a client that is logged in until its session must end.
func (s *service) run(ctx context.Context, session *session) {
	var leave func()
	session.limit, leave = s.users.join(session.account, s.limiter)
	defer leave()
	session.log = session.log.With("user", session.account.Name)
	session.log.Info("session begins")
	session.record(audit.Record{Event: audit.Login, Outcome: audit.OK})
	defer session.over(time.Now())()
	switch err := session.serve(ctx); {
	case ctx.Err() != nil, errors.Is(err, errDraining):
		session.ending = errDraining
		session.log.Info("session ends", "reason", "the server stops")
	case err != nil:
		session.ending = err
		session.log.Warn("session ends", "error", err)
	default:
		session.ending = nil
		session.log.Info("session ends")
	}
}

func (s *service) limits() control.Limits {
	return control.Limits{Receive: s.cfg.Waits.Receive, Send: s.cfg.Waits.Send}
}

const textNoHome = "Unable to change directory"

// openDir opens account's directory.
func (s *service) openDir(account auth.Account) (tree *storage.Tree, home string, err error) {
	dir := account.Dir
	if dir == "" {
		dir = s.cfg.Root
	}
	if dir == "" {
		return nil, "", errors.New("the account has no directory and the server no root")
	}
	if s.cfg.Unconfined {
		return s.openUnconfined(dir, account)
	}
	tree, err = storage.Open(dir, s.storage(account))
	return tree, "/", err
}

// openUnconfined opens the machine's files, to start in dir.
func (s *service) openUnconfined(dir string, account auth.Account) (tree *storage.Tree, home string, err error) {
	tree = storage.Unconfined(s.storage(account))
	home, err = tree.Chdir(dir)
	return tree, home, err
}

// storage bounds what account may write.
func (s *service) storage(account auth.Account) storage.Limits {
	limits := s.cfg.Storage
	limits.ReadOnly = limits.ReadOnly || account.ReadOnly
	return limits
}
