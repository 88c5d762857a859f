package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"

	"github.com/coreos/go-systemd/v22/activation"

	"bbftp/cmd/internal/version"
	"bbftp/engine/auth"
	"bbftp/engine/server"
	"bbftp/engine/storage"
	"bbftp/netio"
)

// daemon serves the accounts of --users on the control port. What needs root
// happens before privileges are given up: the log, the users file, the port.
func daemon(ctx context.Context, o *options, stderr io.Writer) error {
	log, closeLog, err := newLog(o, stderr)
	if err != nil {
		return err
	}
	defer closeLog()
	users, err := loadUsers(o, log)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, o, o.bind)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	if err := settle(o, users, log); err != nil {
		return err
	}
	return serve(ctx, o, users, listener, log, nil)
}

// loadUsers reads the accounts.
func loadUsers(o *options, log *slog.Logger) (*auth.Users, error) {
	if o.users == "" {
		return nil, errNoAccounts
	}
	if os.Geteuid() == 0 && o.runAs == "" {
		return nil, errors.New("--users as root: every session would have root's rights to all files below its directory; name an unprivileged user with --run-as USER")
	}
	users, err := auth.LoadUsers(o.users)
	if errors.Is(err, auth.ErrNoUsers) {
		return nil, fmt.Errorf(`%w; add one with "bbftpd passwd %s USER"`, err, o.users)
	}
	if err != nil {
		return nil, err
	}
	if users.WorldReadable() {
		log.Warn("the password hashes can be read by every user of this machine", "users", o.users)
	}
	return users, nil
}

// settle gives up privileges and looks around with those of the sessions.
func settle(o *options, users *auth.Users, log *slog.Logger) error {
	if err := become(o.runAs); err != nil {
		return err
	}
	return checkDirectories(o, users.Accounts(), log)
}

// checkDirectories finds at start, and with the rights of the sessions, what
// would otherwise only show when somebody logs in.
func checkDirectories(o *options, accounts []auth.Account, log *slog.Logger) error {
	if o.root != "" {
		if err := readableDirectory(o.root); err != nil {
			return fmt.Errorf("--root: %w", err)
		}
	}
	for _, account := range accounts {
		switch {
		case account.Dir == "" && o.root == "":
			return fmt.Errorf("user %s has no directory: give one to all such users with --root DIR, or this one with \"bbftpd passwd --directory DIR %s %s\"",
				account.Name, o.users, account.Name)
		case account.Dir != "":
			if err := readableDirectory(account.Dir); err != nil {
				log.Warn("a user can't log in", "user", account.Name, "error", err)
			}
		}
	}
	return nil
}

func readableDirectory(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	if info, err := d.Stat(); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s: not a directory", path)
	}
	return nil
}

// serve runs the server on listener until ctx ends. ready, if any, is called
// when clients may come.
func serve(ctx context.Context, o *options, accounts auth.Authenticator, listener net.Listener, log *slog.Logger, ready func() error) error {
	s, closeServer, err := newServer(o, accounts, log)
	if err != nil {
		return err
	}
	defer closeServer()
	log.Info("serving", "address", listener.Addr().String(), "version", version.Release)
	if ready != nil {
		if err := ready(); err != nil {
			return err
		}
	}
	if err := o.serving(); err != nil {
		return err
	}
	err = s.Serve(ctx, listener)
	log.Info("stopped", "error", err)
	return err
}

// newServer makes the server that o describes. The function returned ends its use.
func newServer(o *options, accounts auth.Authenticator, log *slog.Logger) (*server.Server, func(), error) {
	limits := storage.Limits{MaxFileSize: o.maxFileSize, Reserve: o.reserve}
	for _, line := range o.start.ignored {
		log.Warn("start-up file: not a setting of this program", "line", line)
	}
	mass, closeMass, err := openMassStorage(o, limits)
	if err != nil {
		return nil, nil, err
	}
	s, err := server.New(server.Config{
		Accounts:      accounts,
		Root:          o.root,
		Unconfined:    o.unconfined,
		MassStorage:   mass,
		AllowClear:    o.clear,
		AnySourcePort: o.anySource || o.start.anySource,
		DataPorts:     o.dataPorts,
		MaxStreams:    o.maxStreams,
		RateLimit:     o.limitRate,
		Congestion:    o.congestion,
		Multipath:     o.mptcp,
		Sync:          o.fsync,
		Sparse:        o.sparse,
		Storage:       limits,
		Umask:         o.umask,
		MaxSessions:   o.maxSessions,
		Version:       version.Release,
		Waits: server.Waits{
			Ack: o.start.ack, Receive: o.start.receive, Send: o.start.send, Idle: o.start.idle, Caller: o.start.caller,
		},
		Log: log,
	})
	if err != nil {
		closeMass()
		return nil, nil, err
	}
	return s, closeMass, nil
}

// listen opens the control port, unless systemd.socket(5) has opened it.
func listen(ctx context.Context, o *options, address string) (net.Listener, error) {
	handed, err := activation.Listeners()
	switch {
	case err != nil:
		return nil, fmt.Errorf("take the socket from systemd: %w", err)
	case len(handed) > 1:
		return nil, fmt.Errorf("systemd hands over %d sockets: the control port is one", len(handed))
	case len(handed) == 1:
		l, ok := handed[0].(*net.TCPListener)
		if !ok {
			return nil, errors.New("systemd hands over a socket that is not of TCP: the control port is ListenStream=PORT")
		}
		return l, nil
	}
	l, err := netio.Listen(ctx, net.JoinHostPort(address, strconv.Itoa(int(o.port))), netio.Options{})
	if err != nil {
		return nil, fmt.Errorf("listen for clients: %w", err)
	}
	return l, nil
}

func openMassStorage(o *options, limits storage.Limits) (mass *storage.MassStorage, closeAll func(), err error) {
	var stores []storage.Store
	closeAll = func() {
		for _, s := range stores {
			_ = s.Tree.Close()
		}
	}
	for _, arg := range o.massStorage {
		s, err := storage.OpenStore(arg, limits)
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
