package privsep

import (
	"io/fs"
	"log/slog"
	"time"

	"bbftp/engine/audit"
	"bbftp/engine/server"
	"bbftp/engine/storage"
	"bbftp/netio"
)

// Settings is what sessions need to know of a server's configuration, nothing
// of it secret. The fields are those of [server.Config] unless they say otherwise.
type Settings struct {
	// Root is the directory of accounts that name none.
	Root       string
	Unconfined bool
	// MassStorage are arguments of [storage.OpenStore]; MassLimit bounds an open.
	MassStorage []string
	MassLimit   time.Duration

	AllowClear, RequireTLS, ReadOnly bool
	// Memory is shared by the sessions there are when one begins.
	Memory        int64
	AnySourcePort bool
	DataPorts     netio.PortRange
	MaxStreams    int
	// RateLimit is shared evenly by all sessions.
	RateLimit    int64
	Congestion   string
	Multipath    bool
	Sync, Sparse bool
	// MaxFileSize and Reserve are those of [storage.Limits].
	MaxFileSize, Reserve int64
	Umask                fs.FileMode
	Version              string
	Waits                server.Waits
	// LogLevel is the least that is worth sending to the monitor.
	LogLevel slog.Level
}

// door is the configuration of a process that takes logins and touches no file.
func (s Settings) door(log *slog.Logger, sink audit.Sink) server.Config {
	return server.Config{
		AllowClear: s.AllowClear,
		RequireTLS: s.RequireTLS,
		DataPorts:  s.DataPorts,
		MaxStreams: s.MaxStreams,
		Version:    s.Version,
		Waits:      s.Waits,
		Log:        log,
		Audit:      sink,
	}
}

// session is the configuration of a process that serves one.
func (s Settings) session(log *slog.Logger, sink audit.Sink) server.Config {
	c := s.door(log, sink)
	c.RequireTLS = false // the login is over
	c.Root = s.Root
	c.Unconfined = s.Unconfined
	c.ReadOnly = s.ReadOnly
	c.Memory = s.Memory
	c.AnySourcePort = s.AnySourcePort
	c.Congestion = s.Congestion
	c.Multipath = s.Multipath
	c.Sync = s.Sync
	c.Sparse = s.Sparse
	c.Storage = storage.Limits{MaxFileSize: s.MaxFileSize, Reserve: s.Reserve}
	c.Umask = s.Umask
	return c
}
