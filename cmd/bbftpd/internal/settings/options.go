// Package settings is all that can be said to the daemon, on its command line and in
// its files, and what of it makes no sense.
//
//	Origin ─► configuration file ─┐
//	       ─► command line ───────┴► one table ─► Options
//	       ─► start-up file ─────────────────────► Options.Start
package settings

import (
	"io/fs"
	"log/slog"
	"net/netip"
	"path/filepath"
	"time"

	"github.com/pborman/getopt/v2"

	"bbftp/cmd/internal/quantity"
	"bbftp/cmd/internal/umask"
	"bbftp/engine/wire"
	"bbftp/netio"
)

// Options are the daemon's settings, of its command line and configuration file. What
// is 0 or "" was not set and stands for its default.
type Options struct {
	Users          string // file of accounts
	SystemAccounts string // "", [Shadow] or [PAM]
	Root           string // directory of accounts that name none
	Unconfined     bool
	ReadOnly       bool
	RunAs          string // user
	AllowClear     bool
	Demo           string // directory

	TLSKey, TLSCert string // files
	RequireTLS      bool

	Port          uint16
	Bind          string // address
	Allow, Deny   []netip.Prefix
	AnySourcePort bool
	DataPorts     netio.PortRange
	Congestion    string
	Multipath     bool

	MaxSessions, MaxPerAddress, MaxPerUser int
	MaxStreams                             int   // of a file
	MaxDataStreams                         int   // of all; 0: as many as descriptors last for
	Memory                                 int64 // bytes of compressed transfers
	RateLimit                              int64 // bytes per second
	LoginDelay                             time.Duration

	Shell    bool // at the end of a remote shell
	Exchange bool // of addresses, with the client there

	Umask       fs.FileMode
	MaxFileSize int64 // bytes
	Reserve     int64 // bytes; less than 0: none
	Sync        bool
	Sparse      bool
	MassStorage []string // arguments of storage.OpenStore
	MassLimit   time.Duration

	CheckConfig bool
	Background  bool
	LogFile     string
	LogFormat   string
	Audit       string // file
	Metrics     string // ADDRESS:PORT
	Drain       time.Duration
	Start       StartFile

	// File is the configuration file that was read, "" for none.
	File string

	config        string
	logLevel      slog.Level
	startName     string
	help, version bool
	// dir is where bbftpd was started: what names in settings are relative to, also
	// when they are read again by a daemon that has left it.
	dir string
}

const (
	// drainTime fits into TimeoutStopSec of the systemd units.
	drainTime = 5 * time.Minute
	// massOpenTime is how long an archive may take to fetch a file from a tape.
	massOpenTime = 30 * time.Minute
	maxDuration  = 24 * time.Hour
	maxCount     = 1_000_000
)

// newOptions are the defaults, for a daemon that was started in dir.
func newOptions(dir string) *Options {
	return &Options{Port: 5021, MassLimit: massOpenTime, Umask: umask.Current(), Drain: drainTime, dir: dir}
}

// path makes a name absolute.
func (o *Options) path(name string) (string, error) {
	if name == "" || filepath.IsAbs(name) || o.dir == "" {
		return name, nil
	}
	return filepath.Join(o.dir, name), nil
}

// startPath is path for the start-up file, or the word for none.
func (o *Options) startPath(name string) (string, error) {
	if name == noFile {
		return name, nil
	}
	return o.path(name)
}

// table is every setting there is: its names, its type, its place. Command line
// and configuration file both go through it.
func (o *Options) table() *getopt.Set {
	set := getopt.New()
	number := func(n *int, low, high int, what string) getopt.Value { return value[int]{n, count(low, high, what)} }

	set.FlagLong(value[string]{&o.Users, o.path}, "users", 0)
	set.FlagLong(value[string]{&o.SystemAccounts, systemAccounts}, "system-accounts", 0).SetOptional()
	set.FlagLong(value[string]{&o.Root, o.path}, "root", 0)
	set.FlagLong(&o.Unconfined, "unconfined", 0)
	set.FlagLong(&o.ReadOnly, "read-only", 0)
	set.FlagLong(value[string]{&o.RunAs, text}, "run-as", 0)
	set.FlagLong(&o.AllowClear, "clear-text", 'u')
	set.FlagLong(value[string]{&o.Demo, o.path}, "demo", 0)

	set.FlagLong(value[string]{&o.TLSKey, o.path}, "tls-key", 0)
	set.FlagLong(value[string]{&o.TLSCert, o.path}, "tls-cert", 0)
	set.FlagLong(&o.RequireTLS, "require-tls", 0)

	set.FlagLong(value[uint16]{&o.Port, port}, "port", 'w')
	set.FlagLong(value[string]{&o.Bind, text}, "bind", 0)
	set.FlagLong(list[netip.Prefix]{&o.Allow, network}, "allow", 0)
	set.FlagLong(list[netip.Prefix]{&o.Deny, network}, "deny", 0)
	set.FlagLong(value[netio.PortRange]{&o.DataPorts, portRange}, "data-ports", 'e')
	set.FlagLong(&o.AnySourcePort, "any-source-port", 'f')
	set.FlagLong(value[string]{&o.Congestion, congestion}, "congestion", 0)
	set.FlagLong(&o.Multipath, "mptcp", 0)

	set.FlagLong(number(&o.MaxSessions, 0, maxCount, "sessions"), "max-sessions", 0)
	set.FlagLong(number(&o.MaxPerAddress, 0, maxCount, "sessions"), "max-per-address", 0)
	set.FlagLong(number(&o.MaxPerUser, 0, maxCount, "sessions"), "max-per-user", 0)
	set.FlagLong(number(&o.MaxStreams, 1, wire.MaxStreams, "streams"), "max-streams", 'm')
	set.FlagLong(number(&o.MaxDataStreams, 0, maxCount, "streams"), "max-data-streams", 0)
	set.FlagLong(value[int64]{&o.Memory, size}, "memory", 0)
	set.FlagLong(value[int64]{&o.RateLimit, quantity.Rate}, "limit-rate", 0)
	set.FlagLong(value[time.Duration]{&o.LoginDelay, loginDelay}, "login-delay", 0)

	set.Flag(&o.Shell, 's')
	set.Flag(&o.Exchange, 'A')

	set.FlagLong(value[fs.FileMode]{&o.Umask, fileMask}, "umask", 0)
	set.FlagLong(value[int64]{&o.MaxFileSize, size}, "max-file-size", 0)
	set.FlagLong(value[int64]{&o.Reserve, reserve}, "reserve", 0)
	set.FlagLong(&o.Sync, "fsync", 0)
	set.FlagLong(&o.Sparse, "sparse", 0)
	set.FlagLong(list[string]{&o.MassStorage, text}, "mass-storage", 0)
	set.FlagLong(value[time.Duration]{&o.MassLimit, duration(maxDuration)}, "mass-storage-limit", 0)

	set.FlagLong(value[string]{&o.config, text}, "config", 0)
	set.FlagLong(&o.CheckConfig, "check-config", 0)
	set.FlagLong(&o.Background, "background", 'b')
	set.FlagLong(value[string]{&o.LogFile, o.path}, "log", 'L')
	set.FlagLong(value[string]{&o.LogFormat, oneOf("text", "json", "legacy", "journal")}, "log-format", 0)
	set.FlagLong(value[slog.Level]{&o.logLevel, logLevel}, "log-level", 'l')
	set.FlagLong(value[string]{&o.Audit, o.path}, "audit", 0)
	set.FlagLong(value[string]{&o.Metrics, metricsAddress}, "metrics", 0)
	set.FlagLong(value[time.Duration]{&o.Drain, duration(maxDuration)}, "drain", 0)
	set.Flag(value[string]{&o.startName, o.startPath}, 'R')
	set.FlagLong(&o.version, "version", 'v')
	set.FlagLong(&o.help, "help", 'h')
	return set
}
