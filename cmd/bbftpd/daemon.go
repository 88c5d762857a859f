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

	"bbftp/cmd/internal/version"
	"bbftp/engine/auth"
	"bbftp/engine/server"
	"bbftp/engine/storage"
	"bbftp/netio"
)

// daemon serves the accounts of --users. What needs root happens before
// privileges are given up: the log, the users file, the port.
func daemon(ctx context.Context, o *options, stderr io.Writer) error {
	if o.users == "" {
		return errNoAccounts
	}
	if os.Geteuid() == 0 && o.runAs == "" {
		return errors.New("--users as root: every session would have root's rights to all files below its directory; name an unprivileged user with --run-as USER")
	}
	log, closeLog, err := newLog(o, stderr)
	if err != nil {
		return err
	}
	defer closeLog()
	users, err := auth.LoadUsers(o.users)
	if errors.Is(err, auth.ErrNoUsers) {
		return fmt.Errorf(`%w; add one with "bbftpd passwd %s USER"`, err, o.users)
	}
	if err != nil {
		return err
	}
	if users.WorldReadable() {
		log.Warn("the password hashes can be read by every user of this machine", "users", o.users)
	}
	listener, err := listen(ctx, o, o.bind)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	if err := become(o.runAs); err != nil {
		return err
	}
	if err := checkDirectories(o, users.Accounts(), log); err != nil {
		return err
	}
	return serve(ctx, o, users, listener, log, nil)
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
	limits := storage.Limits{MaxFileSize: o.maxFileSize, Reserve: o.reserve}
	mass, closeMass, err := openMassStorage(o, limits)
	if err != nil {
		return err
	}
	defer closeMass()
	s, err := server.New(server.Config{
		Accounts:      accounts,
		Root:          o.root,
		Unconfined:    o.unconfined,
		MassStorage:   mass,
		AllowClear:    o.clear,
		AnySourcePort: o.anySource,
		Storage:       limits,
		Umask:         o.umask,
		MaxSessions:   o.maxSessions,
		Version:       version.Release,
		Log:           log,
	})
	if err != nil {
		return err
	}
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

func listen(ctx context.Context, o *options, address string) (net.Listener, error) {
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

// newLog opens the log. Its file is closed by the function returned.
func newLog(o *options, stderr io.Writer) (*slog.Logger, func(), error) {
	var level slog.Level
	if o.logLevel != "" {
		if err := level.UnmarshalText([]byte(o.logLevel)); err != nil {
			return nil, nil, fmt.Errorf("--log-level %q: want debug, info, warn or error", o.logLevel)
		}
	}
	out, done := stderr, func() {}
	if o.logFile != "" {
		f, err := os.OpenFile(o.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
		if err != nil {
			return nil, nil, fmt.Errorf("open the log: %w", err)
		}
		out, done = f, func() { _ = f.Close() }
	}
	handler := &slog.HandlerOptions{Level: level}
	switch o.logFormat {
	case "", "text":
		return slog.New(slog.NewTextHandler(out, handler)), done, nil
	case "json":
		return slog.New(slog.NewJSONHandler(out, handler)), done, nil
	}
	done()
	return nil, nil, fmt.Errorf("--log-format %q: want text or json", o.logFormat)
}
