package privsep

import (
	"log/slog"
	"time"

	"bbftp/engine/audit"
	"bbftp/engine/server"
)

// Settings is what sessions need to know of a server's configuration, nothing
// of it secret.
type Settings struct {
	// Server is the configuration of a server, without what serves its sessions: Accounts,
	// MassStorage, TLS, Gate, Audit and Log are the monitor's, and left out. Memory is
	// shared by the sessions there are when one begins, RateLimit evenly by all.
	Server server.Config
	// MassStorage are arguments of [storage.OpenStore]; MassLimit bounds an open.
	MassStorage []string
	MassLimit   time.Duration
	// LogLevel is the least that is worth sending to the monitor.
	LogLevel slog.Level
}

// passable is s as it can be told to another process.
func (s Settings) passable() Settings {
	c := &s.Server
	c.Accounts, c.MassStorage, c.TLS, c.Gate, c.Audit, c.Log = nil, nil, nil, nil, nil, nil
	return s
}

// door is the configuration of a process that takes logins and touches no file.
func (s Settings) door(log *slog.Logger, sink audit.Sink) server.Config {
	c := s.Server
	c.Log, c.Audit = log, sink
	return c
}

// session is the configuration of a process that serves one, of which the monitor tells
// the rate.
func (s Settings) session(log *slog.Logger, sink audit.Sink) server.Config {
	c := s.door(log, sink)
	c.RequireTLS = false // the login is over
	c.RateLimit = 0
	return c
}
