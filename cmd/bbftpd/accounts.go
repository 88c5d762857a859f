package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"bbftp/cmd/bbftpd/internal/config"
	"bbftp/cmd/bbftpd/internal/process"
	"bbftp/cmd/bbftpd/internal/settings"
	"bbftp/engine/auth"
	"bbftp/engine/auth/system"
)

// accounts are who may log in.
type accounts interface {
	auth.Authenticator
	// list is who is known by name before they come.
	list() []auth.Account
	// reload reads them anew; an error leaves the old ones, but for auth.ErrNoUsers.
	reload(o *settings.Options, log *slog.Logger) error
}

// openAccounts reads the accounts that o names.
func openAccounts(o *settings.Options, log *slog.Logger) (accounts, error) {
	switch {
	case o.SystemAccounts != "":
		return openSystem(o)
	case o.Users == "":
		return nil, errNoAccounts
	case os.Geteuid() == 0 && o.RunAs == "":
		return nil, errors.New("--users as root: every session would have root's rights to all files below its directory; name an unprivileged user with --run-as USER")
	}
	file, err := auth.OpenUsers(o.Users, ownedBy(o.RunAs))
	if errors.Is(err, auth.ErrNoUsers) {
		return nil, fmt.Errorf(`%w; add one with "bbftpd passwd %s USER"`, err, o.Users)
	}
	if err != nil {
		return nil, err
	}
	u := users{file}
	u.warn(o, log)
	return u, nil
}

// ownedBy trusts a users file of root's, of who starts this process, or of runAs: who
// writes it is every account of it.
func ownedBy(runAs string) auth.Trust {
	owners := []int{os.Geteuid()}
	if runAs != "" {
		if uid, _, _, err := process.User(runAs); err == nil { // or become says so
			owners = append(owners, uid)
		}
	}
	return func(info fs.FileInfo) error {
		if err := config.CheckOwner(info, owners...); err != nil {
			return fmt.Errorf("%w: want root or the user that bbftpd runs as", err)
		}
		return nil
	}
}

// users are the accounts of --users.
type users struct{ *auth.UsersFile }

func (u users) list() []auth.Account { return u.Users().Accounts() }

func (u users) reload(o *settings.Options, log *slog.Logger) error {
	if err := u.Reload(o.Users); err != nil {
		return err
	}
	u.warn(o, log)
	if err := checkDirectories(o, u.list(), log); err != nil {
		log.Error("users can't log in", "error", err)
	}
	return nil
}

func (u users) warn(o *settings.Options, log *slog.Logger) {
	if u.Users().WorldReadable() {
		log.Warn("the password hashes can be read by every user of this machine", "users", o.Users)
	}
}

// ofSystem are the accounts of the machine, which are looked up when they come.
type ofSystem struct{ system.Accounts }

func openSystem(o *settings.Options) (accounts, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("--system-accounts: only root can check the passwords of others and become them")
	}
	var found system.Accounts
	var err error
	if o.SystemAccounts == settings.PAM {
		found, err = system.NewPAM(pamService)
	} else {
		found, err = system.NewShadow(system.Files{})
	}
	if err != nil {
		return nil, fmt.Errorf("--system-accounts=%s: %w", o.SystemAccounts, err)
	}
	return ofSystem{found}, nil
}

// pamService names the file of /etc/pam.d.
const pamService = "bbftpd"

func (ofSystem) list() []auth.Account { return nil }

// reload has nothing to do: nothing of the machine's accounts is kept.
func (ofSystem) reload(*settings.Options, *slog.Logger) error { return nil }

// oneTime is the account of a demonstration.
type oneTime struct{ *auth.Users }

func (u oneTime) list() []auth.Account { return u.Accounts() }

func (oneTime) reload(*settings.Options, *slog.Logger) error { return nil }

// checkDirectories finds at start, and with the rights of the sessions, what
// would otherwise only show when somebody logs in.
func checkDirectories(o *settings.Options, accounts []auth.Account, log *slog.Logger) error {
	if o.Root != "" {
		if err := readableDirectory(o.Root); err != nil {
			return fmt.Errorf("--root: %w", err)
		}
	}
	for _, account := range accounts {
		switch {
		case account.Dir == "" && o.Root == "":
			return fmt.Errorf("user %s has no directory: give one to all such users with --root DIR, or this one with \"bbftpd passwd --directory DIR %s %s\"",
				account.Name, o.Users, account.Name)
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

var errNoAccounts = errors.New(`no accounts. Make one with "bbftpd passwd FILE USER" and serve it with --users FILE, let the machine's log in with --system-accounts, or look around with --demo DIR`)
