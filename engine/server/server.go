// Package server is the bbftp server: it greets, logs in and serves sessions.
//
//	listener, inetd ─► login ─────┐    ┌─► version 1 ──────────┐
//	                              ├─► PROTWAIT                 ├─► transfer.Engine   store, retrieve
//	remote shell ─► addresses met ┘    └─► versions 2 and 3 ───┘   storage.Tree      directories
//
// A session owns its working directory and umask as fields, so any number of
// them share one process.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync/atomic"

	"bbftp/engine/admission"
	"bbftp/engine/audit"
	"bbftp/engine/auth"
	"bbftp/engine/storage"
	"bbftp/engine/transfer"
	"bbftp/engine/wire"
	"bbftp/netio"
)

// Config describes a server. The zero value of a field is the documented
// default.
type Config struct {
	// Accounts decides who may log in. Only [Server.ServeShell] does without.
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
	// TLS, if set, is offered to clients of ours for the control connection;
	// RequireTLS refuses every login outside of it.
	TLS        *tls.Config
	RequireTLS bool
	// ReadOnly refuses whatever would change a file or a directory, to all accounts.
	ReadOnly bool
	// Gate decides who may come in, and how many at once. Default: one of the
	// default limits.
	Gate *admission.Gate
	// Audit is told of every login, file and command that changes something, those
	// that failed too. Default: nobody.
	Audit audit.Sink
	// Memory bounds what compressed transfers hold, all together, in bytes.
	// Default 512 MiB.
	Memory int64
	// AnySourcePort connects data streams from any port instead of the control
	// port minus one, and has clients of a remote shell call at one of DataPorts
	// instead of the control port plus one.
	AnySourcePort bool
	// DataPorts is where version 3 sessions listen for data streams. Default:
	// any port.
	DataPorts netio.PortRange
	// MaxStreams is the most data streams of a file in versions 2 and 3, 1 to
	// [wire.MaxStreams]; a client that asks for more gets that many. Default 25.
	MaxStreams int
	// RateLimit is the most bytes per second of all data streams together.
	// Default 0: no limit.
	RateLimit int64
	// Congestion names the congestion control algorithm of data streams; [New]
	// fails where the system has none of that name. Default: the system's.
	Congestion string
	// Multipath offers Multipath TCP on data streams; clients that don't ask for
	// it get plain TCP.
	Multipath bool
	// Sync waits until a stored file is on disk, with its name, before the
	// client is told so.
	Sync bool
	// Sparse leaves holes in stored files where they hold zeros.
	Sparse bool
	// Storage bounds what clients may write.
	Storage storage.Limits
	// Umask is taken from the modes of new files and directories: 0660 and 0750
	// in version 1, 0666 and 0777 in versions 2 and 3, whose clients may change it.
	Umask fs.FileMode
	// Version is shown to clients after "bbftpd version".
	Version string
	// Waits bounds each wait for a client.
	Waits Waits
	// Log receives the server's events. Default: none.
	Log *slog.Logger
}

// Server serves bbftp sessions.
type Server struct {
	shared
	current atomic.Pointer[service]
}

// shared is what all sessions of a server have in common, whatever configuration
// they began with.
type shared struct {
	gate     *admission.Gate
	engine   *transfer.Engine
	limiter  *netio.RateLimit // of all data streams
	users    *userRates
	ledger   *storage.Ledger
	listings *listings
	// keys makes the login keys of a listener's connections.
	keys func(context.Context) auth.Keys
	// draining ends when idle sessions are to end; drain has it end.
	draining context.Context
	drain    context.CancelFunc
}

// service is what a server does for sessions that begin under one configuration,
// which they keep to their end.
type service struct {
	*shared
	cfg Config
	log *slog.Logger
	// open finds the files an account may see, and where in them it starts.
	open func(auth.Account) (tree *storage.Tree, home string, err error)
}

// New checks cfg and makes a server.
func New(cfg Config) (*Server, error) {
	if cfg.Gate == nil {
		cfg.Gate = admission.New(admission.Limits{})
	}
	s := &Server{shared: shared{
		gate:     cfg.Gate,
		engine:   &transfer.Engine{Memory: cfg.Memory},
		limiter:  new(netio.RateLimit),
		users:    newUserRates(),
		ledger:   storage.NewLedger(),
		listings: newListings(),
		keys:     func(ctx context.Context) auth.Keys { return auth.NewKeyPool(ctx, 0) },
	}}
	s.draining, s.drain = context.WithCancel(context.Background())
	if err := s.Reconfigure(cfg); err != nil {
		return nil, err
	}
	return s, nil
}

// Reconfigure has sessions that begin from now on follow cfg; those that are there
// go on as they began. Only the rate limit changes for all. Gate and Memory stay
// what [New] was given: a gate has its own SetLimits. Connections that Serve turns
// away are told to the Log and Audit that it began with. A configuration that is not
// valid changes nothing.
func (s *Server) Reconfigure(cfg Config) error {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Audit == nil {
		cfg.Audit = audit.Sinks{}
	}
	if cfg.MaxStreams == 0 {
		cfg.MaxStreams = 25
	}
	if err := cfg.validate(); err != nil {
		return fmt.Errorf("bbftp server: %w", err)
	}
	if old := s.current.Load(); cfg.Accounts == nil && old != nil && old.cfg.Accounts != nil {
		return errNoAccounts // whoever comes would find nobody to ask
	}
	cfg.Waits = cfg.Waits.withDefaults()
	cfg.Storage.Ledger = s.ledger
	cfg.Storage.ReadOnly = cfg.Storage.ReadOnly || cfg.ReadOnly
	next := &service{shared: &s.shared, cfg: cfg, log: cfg.Log}
	next.open = next.openDir
	s.limiter.SetRate(cfg.RateLimit)
	s.current.Store(next)
	return nil
}

// SetRate changes the rate limit of all data streams together, in bytes per second,
// at once; 0 is none.
func (s *Server) SetRate(bytesPerSecond int64) { s.limiter.SetRate(bytesPerSecond) }

// Drain has no client come in any more, ends the sessions that wait for a command,
// and each of the others when its command is done. Serve, ServeConn, ServeShell and
// ServeEntered return when they have none left. The ends of their contexts still
// cut what runs.
func (s *Server) Drain() {
	s.gate.Shut()
	s.drain()
}

func (c Config) validate() error {
	ports := c.DataPorts
	switch {
	case c.MaxStreams < 1 || c.MaxStreams > wire.MaxStreams:
		return fmt.Errorf("at most %d data streams a file: not 1 to %d", c.MaxStreams, wire.MaxStreams)
	case ports.Min > ports.Max || ports.Min == 0 && ports.Max != 0:
		return fmt.Errorf("data ports %d:%d are no range", ports.Min, ports.Max)
	case c.RequireTLS && c.TLS == nil:
		return errors.New("TLS is required and not offered")
	}
	if err := netio.CheckCongestion(c.Congestion); err != nil {
		return err
	}
	return c.Waits.validate()
}
