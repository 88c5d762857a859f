package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"bbftp/engine/auth"
	"bbftp/engine/control"
	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

var errNoAccounts = errors.New("bbftp server: no accounts configured")

// Serve accepts sessions on l until ctx ends, which also ends the sessions; it
// returns once all of them are gone. It closes l, whose connections must be
// those of TCP.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	if s.cfg.Accounts == nil {
		_ = l.Close()
		return errNoAccounts
	}
	ctx, cancel := context.WithCancel(ctx)
	var sessions sync.WaitGroup
	defer sessions.Wait()
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	keys := auth.NewKeyPool(ctx, 0)

	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			if err == nil {
				_ = conn.Close()
			}
			return nil
		}
		if err != nil {
			if errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.EINVAL) { // EINVAL: it does not listen
				return fmt.Errorf("accept on %v: %w", l.Addr(), err)
			}
			// All others pass: no descriptors until a session ends, a firewall,
			// a client that gave up meanwhile (accept(2)).
			s.log.Error("accept", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		select {
		case s.places <- struct{}{}:
			sessions.Go(func() {
				defer func() { <-s.places }()
				defer s.survive(conn.RemoteAddr())
				_ = s.session(ctx, conn, keys) // logged
			})
		default:
			s.log.Warn("session refused: too many", "client", conn.RemoteAddr(), "limit", s.cfg.MaxSessions)
			s.refuse(conn)
		}
	}
}

// session serves one control connection to its end. Its error is that of a
// login that failed.
func (s *Server) session(ctx context.Context, conn net.Conn, keys *auth.KeyPool) error {
	log := s.log.With("client", conn.RemoteAddr().String())
	ctl := control.New(conn, wire.Client, s.limits())
	defer context.AfterFunc(ctx, func() { _ = ctl.Close() })()
	defer func() { _ = ctl.Hangup() }()

	account, err := s.login(ctx, ctl, keys)
	switch {
	case errors.Is(err, errStatus):
		log.Info("status asked for")
		return nil
	case err != nil:
		log.Warn("login failed", "error", err)
		return err
	}
	tree, home, err := s.open(account)
	if err != nil {
		log.Error("account unusable", "user", account.Name, "error", err)
		_ = ctl.Send(s.greeting(wire.MsgBad, textNoHome))
		return err
	}
	defer func() { _ = tree.Close() }()
	if err := ctl.Send(s.greeting(wire.MsgOK, "OK")); err != nil {
		log.Warn("login failed", "user", account.Name, "error", err)
		return err
	}
	s.run(ctx, &session{ctl: ctl, log: log, account: account, tree: tree, dir: home, oldest: 1})
	return nil
}

// run serves a client that is logged in until its session must end.
func (s *Server) run(ctx context.Context, session *session) {
	session.server = s
	session.log = session.log.With("user", session.account.Name)
	session.log.Info("session begins")
	switch err := session.serve(ctx); {
	case ctx.Err() != nil:
		session.log.Info("session ends", "reason", "the server stops")
	case err != nil:
		session.log.Warn("session ends", "error", err)
	default:
		session.log.Info("session ends")
	}
}

func (s *Server) limits() control.Limits {
	return control.Limits{Receive: s.cfg.Waits.Receive, Send: s.cfg.Waits.Send}
}

// survive keeps a defect in one session from ending the others.
func (s *Server) survive(client net.Addr) {
	if p := recover(); p != nil {
		s.log.Error("session crashed", "client", client.String(), "panic", p, "stack", string(debug.Stack()))
	}
}

const textNoHome = "Unable to change directory"

// openDir opens account's directory.
func (s *Server) openDir(account auth.Account) (tree *storage.Tree, home string, err error) {
	dir := account.Dir
	if dir == "" {
		dir = s.cfg.Root
	}
	if dir == "" {
		return nil, "", errors.New("the account has no directory and the server no root")
	}
	if s.cfg.Unconfined {
		return s.openUnconfined(dir)
	}
	tree, err = storage.Open(dir, s.cfg.Storage)
	return tree, "/", err
}

// openUnconfined opens the machine's files, to start in dir.
func (s *Server) openUnconfined(dir string) (tree *storage.Tree, home string, err error) {
	tree = storage.Unconfined(s.cfg.Storage)
	home, err = tree.Chdir(dir)
	return tree, home, err
}

// refuse answers a connection there is no place for, so that the peer learns
// why instead of waiting for a greeting. Nothing here waits: the send buffer of
// a new connection takes the reply at once.
func (s *Server) refuse(conn net.Conn) {
	ctl := control.New(conn, wire.Client, control.Limits{Send: time.Second})
	_ = ctl.Send(s.greeting(wire.MsgBad, "Too many sessions"))
	_ = ctl.Close()
}
