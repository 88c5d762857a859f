// Package server is the bbftp server: it greets, logs in and serves sessions.
//
//	listener ─► one goroutine a session ─► login ─► version 1 commands
//	                                                   │
//	                        transfer.Engine ◄──────────┤ store, retrieve
//	                        storage.Tree    ◄──────────┘ directories
//
// A session owns its working directory and umask as fields, so any number of
// them share one process.
package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"bbftp/engine/auth"
	"bbftp/engine/control"
	"bbftp/engine/storage"
	"bbftp/engine/transfer"
	"bbftp/engine/wire"
)

// Config describes a server. Only Accounts is required; the zero value of the
// other fields is the documented default.
type Config struct {
	// Accounts decides who may log in.
	Accounts auth.Authenticator
	// Root is the directory of accounts that name none. Without it such an
	// account can't log in.
	Root string
	// Unconfined lets sessions leave their directory; paths are then those of
	// the machine.
	Unconfined bool
	// MassStorage serves MSG_RETR_RFIO; nil refuses it.
	MassStorage *storage.MassStorage
	// AllowClear accepts logins whose password is not encrypted.
	AllowClear bool
	// AnySourcePort connects data streams from any port instead of the control
	// port minus one.
	AnySourcePort bool
	// Storage bounds what clients may write.
	Storage storage.Limits
	// Umask is taken from the modes of new files (0660) and directories (0750).
	Umask fs.FileMode
	// MaxSessions bounds the connections served at once. Default 512.
	MaxSessions int
	// Version is shown to clients after "bbftpd version".
	Version string
	// Waits bounds each wait for a client.
	Waits Waits
	// Log receives the server's events. Default: none.
	Log *slog.Logger
}

// Waits are the server's time limits, most for a client (wire.md 5). Zero values are the
// documented defaults.
type Waits struct {
	Login   time.Duration // the whole login, default 60 s
	First   time.Duration // after login, for the first command, default 10 s
	Command time.Duration // between commands, default 900 s
	Start   time.Duration // after MSG_RETR_OK, default 100 s
	List    time.Duration // for matching a pattern, default 60 s
	Connect time.Duration // for all call-backs of a transfer, default 30 s
	Idle    time.Duration // a data stream without progress, default 300 s
	Ack     time.Duration // for the ACK of a sent segment, default 100 s
}

func (w Waits) withDefaults() Waits {
	set := func(d *time.Duration, def time.Duration) {
		if *d == 0 {
			*d = def
		}
	}
	set(&w.Login, 60*time.Second)
	set(&w.First, 10*time.Second)
	set(&w.Command, 900*time.Second)
	set(&w.Start, 100*time.Second)
	set(&w.List, 60*time.Second)
	set(&w.Connect, 30*time.Second)
	set(&w.Idle, 300*time.Second)
	set(&w.Ack, 100*time.Second)
	return w
}

// Server serves bbftp sessions.
type Server struct {
	cfg    Config
	log    *slog.Logger
	engine transfer.Engine
	// open finds the files an account may see, and where in them it starts.
	open func(auth.Account) (tree *storage.Tree, home string, err error)
	// places holds a token for each session that may still begin.
	places chan struct{}
	// listings holds a token for each directory listing under way.
	listings chan struct{}
}

// maxListings times the largest listing, 16 MiB twice, is the most memory that
// listings take.
const maxListings = 8

// New checks cfg and makes a server.
func New(cfg Config) (*Server, error) {
	if cfg.Accounts == nil {
		return nil, errors.New("bbftp server: no accounts configured")
	}
	if cfg.MaxSessions == 0 {
		cfg.MaxSessions = 512
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.Waits = cfg.Waits.withDefaults()
	s := &Server{
		cfg:      cfg,
		log:      cfg.Log,
		places:   make(chan struct{}, cfg.MaxSessions),
		listings: make(chan struct{}, maxListings),
	}
	s.open = s.openDir
	return s, nil
}

// Serve accepts sessions on l until ctx ends, which also ends the sessions; it
// returns once all of them are gone. It closes l, whose connections must be
// those of TCP.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
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
			if errors.Is(err, net.ErrClosed) {
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
				defer s.survive(conn)
				s.session(ctx, conn, keys)
			})
		default:
			s.log.Warn("session refused: too many", "client", conn.RemoteAddr(), "limit", s.cfg.MaxSessions)
			s.refuse(conn)
		}
	}
}

// session serves one control connection to its end.
func (s *Server) session(ctx context.Context, conn net.Conn, keys *auth.KeyPool) {
	log := s.log.With("client", conn.RemoteAddr().String())
	ctl := control.New(conn, wire.Client, control.Limits{})
	defer context.AfterFunc(ctx, func() { _ = ctl.Close() })()
	defer func() { _ = ctl.Hangup() }()

	account, err := s.login(ctx, ctl, keys)
	switch {
	case errors.Is(err, errStatus):
		log.Info("status asked for")
		return
	case err != nil:
		log.Warn("login failed", "error", err)
		return
	}
	tree, home, err := s.open(account)
	if err != nil {
		log.Error("account unusable", "user", account.Name, "error", err)
		_ = ctl.Send(s.greeting(wire.MsgBad, "Unable to change directory"))
		return
	}
	defer func() { _ = tree.Close() }()
	if err := ctl.Send(s.greeting(wire.MsgOK, "OK")); err != nil {
		log.Warn("login failed", "user", account.Name, "error", err)
		return
	}
	log = log.With("user", account.Name)
	log.Info("session begins")
	session := &session{
		server: s, ctl: ctl, log: log,
		account: account, tree: tree, dir: home, umask: s.cfg.Umask,
	}
	switch err := session.serve(ctx); {
	case ctx.Err() != nil:
		log.Info("session ends", "reason", "the server stops")
	case err != nil:
		log.Warn("session ends", "error", err)
	default:
		log.Info("session ends")
	}
}

// survive keeps a defect in one session from ending the others.
func (s *Server) survive(conn net.Conn) {
	if p := recover(); p != nil {
		s.log.Error("session crashed", "client", conn.RemoteAddr().String(), "panic", p, "stack", string(debug.Stack()))
	}
}

// openDir opens account's directory.
func (s *Server) openDir(account auth.Account) (tree *storage.Tree, home string, err error) {
	dir := account.Dir
	if dir == "" {
		dir = s.cfg.Root
	}
	if dir == "" {
		return nil, "", errors.New("the account has no directory and the server no root")
	}
	if !s.cfg.Unconfined {
		tree, err = storage.Open(dir, s.cfg.Storage)
		return tree, "/", err
	}
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
