package main

import (
	"cmp"
	"context"
	"net"

	"bbftp/cmd/bbftpd/internal/privsep"
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
	configure(o *options, identity *trust.Identity) error
}

// nobody takes logins where --run-as does not say who.
const nobody = "nobody"

// newService makes what d serves its accounts with.
func (d *daemon) newService() (service, error) {
	if system, ok := d.accounts.(ofSystem); ok {
		m, err := privsep.New(privsep.Config{
			Accounts: system.Accounts, Gate: d.gate, Audit: d.sinks, Log: d.log,
			Identity: d.identity, RunAs: cmp.Or(d.o.runAs, nobody), Settings: d.o.settings(),
		})
		return separate{m}, err
	}
	mass, closeMass, err := openMassStorage(d.o)
	if err != nil {
		return nil, err
	}
	d.onClose(closeMass)
	base := server.Config{Accounts: d.accounts, MassStorage: mass, Gate: d.gate, Audit: d.sinks, Log: d.log}
	config, err := d.o.server(base, d.identity)
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

func (t together) configure(o *options, identity *trust.Identity) error {
	config, err := o.server(t.base, identity)
	if err != nil {
		return err
	}
	return t.Reconfigure(config)
}

// separate serves each session in a process of its own.
type separate struct{ *privsep.Monitor }

func (s separate) drain(ctx context.Context) { go func() { _ = s.Drain(ctx) }() }

func (s separate) configure(o *options, identity *trust.Identity) error {
	return s.Configure(o.settings(), identity)
}

// server completes base by the settings.
func (o *options) server(base server.Config, identity *trust.Identity) (server.Config, error) {
	var err error
	base.TLS, err = tlsConfig(identity)
	base.RequireTLS = o.requireTLS
	base.Root = o.root
	base.Unconfined = o.unconfined
	base.ReadOnly = o.readOnly
	base.AllowClear = o.clear
	base.Memory = o.memory
	base.AnySourcePort = o.anySource || o.start.anySource
	base.DataPorts = o.dataPorts
	base.MaxStreams = o.maxStreams
	base.RateLimit = o.limitRate
	base.Congestion = o.congestion
	base.Multipath = o.mptcp
	base.Sync = o.fsync
	base.Sparse = o.sparse
	base.Storage = o.storage()
	base.Umask = o.umask
	base.Version = version.Release
	base.Waits = o.start.waits()
	return base, err
}

// settings are the same for sessions in processes of their own.
func (o *options) settings() privsep.Settings {
	return privsep.Settings{
		Root: o.root, Unconfined: o.unconfined, ReadOnly: o.readOnly,
		MassStorage: o.massStorage, MassLimit: o.massLimit,
		AllowClear: o.clear, RequireTLS: o.requireTLS,
		Memory: o.memory, AnySourcePort: o.anySource || o.start.anySource, DataPorts: o.dataPorts, MaxStreams: o.maxStreams,
		RateLimit: o.limitRate, Congestion: o.congestion, Multipath: o.mptcp, Sync: o.fsync, Sparse: o.sparse,
		MaxFileSize: o.maxFileSize, Reserve: o.reserve, Umask: o.umask, Version: version.Release, Waits: o.start.waits(),
		LogLevel: o.level(),
	}
}

func (o *options) storage() storage.Limits {
	return storage.Limits{MaxFileSize: o.maxFileSize, Reserve: o.reserve}
}

func (s startFile) waits() server.Waits {
	return server.Waits{Ack: s.ack, Receive: s.receive, Send: s.send, Idle: s.idle, Caller: s.caller}
}

// newServer makes a server of one client. The function returned ends its use.
func newServer(o *options, accounts auth.Authenticator, identity *trust.Identity, logs *logs) (*server.Server, func(), error) {
	mass, closeMass, err := openMassStorage(o)
	if err != nil {
		return nil, nil, err
	}
	gate := admission.New(o.limits(room{sessions: o.maxSessions, streams: o.maxDataStreams}))
	base := server.Config{Accounts: accounts, MassStorage: mass, Gate: gate, Audit: logs.sinks, Log: logs.log}
	config, err := o.server(base, identity)
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

func openMassStorage(o *options) (mass *storage.MassStorage, closeAll func(), err error) {
	var stores []storage.Store
	closeAll = func() {
		for _, s := range stores {
			_ = s.Tree.Close()
		}
	}
	for _, arg := range o.massStorage {
		s, err := storage.OpenStore(arg, o.storage())
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		stores = append(stores, s)
	}
	if stores == nil {
		return nil, closeAll, nil
	}
	return storage.NewMassStorage(storage.MassConfig{Stores: stores, OpenLimit: o.massLimit}), closeAll, nil
}
