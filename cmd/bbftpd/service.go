package main

import (
	"cmp"
	"context"
	"net"

	"bbftp/cmd/bbftpd/internal/privsep"
	"bbftp/cmd/bbftpd/internal/process"
	"bbftp/cmd/bbftpd/internal/settings"
	"bbftp/cmd/internal/version"
	"bbftp/engine/admission"
	"bbftp/engine/auth"
	"bbftp/engine/server"
	"bbftp/engine/storage"
	"bbftp/engine/trust"
)

// service serves sessions: in this process, or each in a process of its user.
type service interface {
	// Serve accepts sessions until ctx ends, which ends them too, or until it
	// is drained.
	Serve(ctx context.Context, l net.Listener) error
	// drain refuses new sessions and lets running transfers finish; Serve returns when
	// none are left. It does not wait.
	drain(ctx context.Context)
	// configure changes the settings for sessions that begin later.
	configure(o *settings.Options, identity *trust.Identity) error
}

// nobody takes logins where --run-as does not say who.
const nobody = "nobody"

// newService makes what d serves its accounts with.
func (d *daemon) newService() (service, error) {
	if system, ok := d.accounts.(ofSystem); ok {
		m, err := privsep.New(privsep.Config{
			Accounts: system.Accounts, Gate: d.gate, Audit: d.sinks, Log: d.log,
			Identity: d.identity, RunAs: cmp.Or(d.o.RunAs, nobody), Settings: separateSettings(d.o),
		})
		return separate{m}, err
	}
	mass, closeMass, err := openMassStorage(d.o)
	if err != nil {
		return nil, err
	}
	d.onClose(closeMass)
	base := server.Config{Accounts: d.accounts, MassStorage: mass, Gate: d.gate, Audit: d.sinks, Log: d.log}
	config, err := serverConfig(d.o, base, d.identity)
	if err != nil {
		return nil, err
	}
	s, err := server.New(config)
	return together{s, base}, err
}

// together serves all sessions in this process.
type together struct {
	*server.Server
	base server.Config
}

func (t together) drain(context.Context) { t.Drain() }

func (t together) configure(o *settings.Options, identity *trust.Identity) error {
	config, err := serverConfig(o, t.base, identity)
	if err != nil {
		return err
	}
	return t.Reconfigure(config)
}

// separate serves each session in a process of its own.
type separate struct{ *privsep.Monitor }

func (s separate) drain(ctx context.Context) { go func() { _ = s.Drain(ctx) }() }

func (s separate) configure(o *settings.Options, identity *trust.Identity) error {
	return s.Configure(separateSettings(o), identity)
}

// serverConfig completes base, which says what serves the sessions of a server. TLS is
// offered with identity only.
func serverConfig(o *settings.Options, base server.Config, identity *trust.Identity) (server.Config, error) {
	var err error
	base.TLS, err = tlsConfig(identity)
	return sessionConfig(o, base), err
}

// sessionConfig is base with all that o says of sessions, wherever they run.
func sessionConfig(o *settings.Options, base server.Config) server.Config {
	base.RequireTLS = o.RequireTLS
	base.Root = o.Root
	base.Unconfined = o.Unconfined
	base.ReadOnly = o.ReadOnly
	base.AllowClear = o.AllowClear
	base.Memory = o.Memory
	base.AnySourcePort = o.AnySourcePort || o.Start.AnySourcePort
	base.DataPorts = o.DataPorts
	base.MaxStreams = o.MaxStreams
	base.RateLimit = o.RateLimit
	base.Congestion = o.Congestion
	base.Multipath = o.Multipath
	base.Sync = o.Sync
	base.Sparse = o.Sparse
	base.Storage = storageLimits(o)
	base.Umask = o.Umask
	base.Version = version.Release
	base.Waits = o.Start.Waits
	return base
}

// separateSettings are those of sessions in processes of their own, which take what
// serves them from the monitor.
func separateSettings(o *settings.Options) privsep.Settings {
	return privsep.Settings{
		Server: sessionConfig(o, server.Config{}), MassStorage: o.MassStorage, MassLimit: o.MassLimit, LogLevel: o.Level(),
	}
}

func storageLimits(o *settings.Options) storage.Limits {
	return storage.Limits{MaxFileSize: o.MaxFileSize, Reserve: o.Reserve}
}

// newServer makes a server of one client. The function returned ends its use.
func newServer(o *settings.Options, accounts auth.Authenticator, identity *trust.Identity, logs *logs) (*server.Server, func(), error) {
	mass, closeMass, err := openMassStorage(o)
	if err != nil {
		return nil, nil, err
	}
	gate := admission.New(limits(o, process.Room{Sessions: o.MaxSessions, Streams: o.MaxDataStreams}))
	base := server.Config{Accounts: accounts, MassStorage: mass, Gate: gate, Audit: logs.sinks, Log: logs.log}
	config, err := serverConfig(o, base, identity)
	var s *server.Server
	if err == nil {
		s, err = server.New(config)
	}
	if err != nil {
		closeMass()
		return nil, nil, err
	}
	return s, closeMass, nil
}

func openMassStorage(o *settings.Options) (mass *storage.MassStorage, closeAll func(), err error) {
	var stores []storage.Store
	closeAll = func() {
		for _, s := range stores {
			_ = s.Tree.Close()
		}
	}
	for _, arg := range o.MassStorage {
		s, err := storage.OpenStore(arg, storageLimits(o))
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		stores = append(stores, s)
	}
	if stores == nil {
		return nil, closeAll, nil
	}
	return storage.NewMassStorage(storage.MassConfig{Stores: stores, OpenLimit: o.MassLimit}), closeAll, nil
}
