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
	"fmt"
	"io/fs"
	"log/slog"

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
	// MaxSessions bounds the connections served at once. Default 512.
	MaxSessions int
	// Version is shown to clients after "bbftpd version".
	Version string
	// Waits bounds each wait for a client.
	Waits Waits
	// Log receives the server's events. Default: none.
	Log *slog.Logger
}

// Server serves bbftp sessions.
type Server struct {
	cfg     Config
	log     *slog.Logger
	engine  transfer.Engine
	limiter *netio.RateLimit
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
	if cfg.MaxSessions == 0 {
		cfg.MaxSessions = 512
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.MaxStreams == 0 {
		cfg.MaxStreams = 25
	}
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("bbftp server: %w", err)
	}
	cfg.Waits = cfg.Waits.withDefaults()
	s := &Server{
		cfg:      cfg,
		log:      cfg.Log,
		places:   make(chan struct{}, cfg.MaxSessions),
		listings: make(chan struct{}, maxListings),
		limiter:  netio.NewRateLimit(cfg.RateLimit),
	}
	s.open = s.openDir
	return s, nil
}

func (c Config) validate() error {
	ports := c.DataPorts
	switch {
	case c.MaxStreams < 1 || c.MaxStreams > wire.MaxStreams:
		return fmt.Errorf("at most %d data streams a file: not 1 to %d", c.MaxStreams, wire.MaxStreams)
	case ports.Min > ports.Max || ports.Min == 0 && ports.Max != 0:
		return fmt.Errorf("data ports %d:%d are no range", ports.Min, ports.Max)
	}
	if err := netio.CheckCongestion(c.Congestion); err != nil {
		return err
	}
	return c.Waits.validate()
}
