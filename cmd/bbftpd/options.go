package main

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

// options are the daemon's settings, of its command line and configuration file.
type options struct {
	users          string
	systemAccounts string // "", or which of auth's ways
	root           string
	unconfined     bool
	readOnly       bool
	runAs          string
	clear          bool
	demo           string

	tlsKey, tlsCert string
	requireTLS      bool

	port        uint16
	bind        string
	allow, deny []netip.Prefix
	anySource   bool
	dataPorts   netio.PortRange
	congestion  string
	mptcp       bool

	maxSessions, maxPerAddress, maxPerUser int // 0: the default
	maxStreams                             int // of a file; 0: the default
	maxDataStreams                         int // 0: as many as descriptors last for
	memory                                 int64
	limitRate                              int64
	loginDelay                             time.Duration // 0: the default

	shell    bool
	exchange bool

	umask       fs.FileMode
	maxFileSize int64
	reserve     int64
	fsync       bool
	sparse      bool
	massStorage []string
	massLimit   time.Duration

	config      string
	checkConfig bool
	background  bool
	logFile     string
	logFormat   string
	logLevel    slog.Level
	audit       string
	metrics     string
	drain       time.Duration
	startName   string
	start       startFile

	help    bool
	version bool

	// file is the configuration file that was read, "" for none.
	file string
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
func newOptions(dir string) *options {
	return &options{port: 5021, massLimit: massOpenTime, umask: umask.Current(), drain: drainTime, dir: dir}
}

// path makes a name absolute.
func (o *options) path(name string) (string, error) {
	if name == "" || filepath.IsAbs(name) || o.dir == "" {
		return name, nil
	}
	return filepath.Join(o.dir, name), nil
}

// startPath is path for the start-up file, or the word for none.
func (o *options) startPath(name string) (string, error) {
	if name == noFile {
		return name, nil
	}
	return o.path(name)
}

// table is every setting there is: its names, its type, its place. Command line
// and configuration file both go through it.
func (o *options) table() *getopt.Set {
	set := getopt.New()
	number := func(n *int, low, high int, what string) getopt.Value { return value[int]{n, count(low, high, what)} }

	set.FlagLong(value[string]{&o.users, o.path}, "users", 0)
	set.FlagLong(value[string]{&o.systemAccounts, systemAccounts}, "system-accounts", 0).SetOptional()
	set.FlagLong(value[string]{&o.root, o.path}, "root", 0)
	set.FlagLong(&o.unconfined, "unconfined", 0)
	set.FlagLong(&o.readOnly, "read-only", 0)
	set.FlagLong(value[string]{&o.runAs, text}, "run-as", 0)
	set.FlagLong(&o.clear, "clear-text", 'u')
	set.FlagLong(value[string]{&o.demo, o.path}, "demo", 0)

	set.FlagLong(value[string]{&o.tlsKey, o.path}, "tls-key", 0)
	set.FlagLong(value[string]{&o.tlsCert, o.path}, "tls-cert", 0)
	set.FlagLong(&o.requireTLS, "require-tls", 0)

	set.FlagLong(value[uint16]{&o.port, port}, "port", 'w')
	set.FlagLong(value[string]{&o.bind, text}, "bind", 0)
	set.FlagLong(list[netip.Prefix]{&o.allow, network}, "allow", 0)
	set.FlagLong(list[netip.Prefix]{&o.deny, network}, "deny", 0)
	set.FlagLong(value[netio.PortRange]{&o.dataPorts, portRange}, "data-ports", 'e')
	set.FlagLong(&o.anySource, "any-source-port", 'f')
	set.FlagLong(value[string]{&o.congestion, congestion}, "congestion", 0)
	set.FlagLong(&o.mptcp, "mptcp", 0)

	set.FlagLong(number(&o.maxSessions, 0, maxCount, "sessions"), "max-sessions", 0)
	set.FlagLong(number(&o.maxPerAddress, 0, maxCount, "sessions"), "max-per-address", 0)
	set.FlagLong(number(&o.maxPerUser, 0, maxCount, "sessions"), "max-per-user", 0)
	set.FlagLong(number(&o.maxStreams, 1, wire.MaxStreams, "streams"), "max-streams", 'm')
	set.FlagLong(number(&o.maxDataStreams, 0, maxCount, "streams"), "max-data-streams", 0)
	set.FlagLong(value[int64]{&o.memory, size}, "memory", 0)
	set.FlagLong(value[int64]{&o.limitRate, quantity.Rate}, "limit-rate", 0)
	set.FlagLong(value[time.Duration]{&o.loginDelay, loginDelay}, "login-delay", 0)

	set.Flag(&o.shell, 's')
	set.Flag(&o.exchange, 'A')

	set.FlagLong(value[fs.FileMode]{&o.umask, fileMask}, "umask", 0)
	set.FlagLong(value[int64]{&o.maxFileSize, size}, "max-file-size", 0)
	set.FlagLong(value[int64]{&o.reserve, reserve}, "reserve", 0)
	set.FlagLong(&o.fsync, "fsync", 0)
	set.FlagLong(&o.sparse, "sparse", 0)
	set.FlagLong(list[string]{&o.massStorage, text}, "mass-storage", 0)
	set.FlagLong(value[time.Duration]{&o.massLimit, duration(maxDuration)}, "mass-storage-limit", 0)

	set.FlagLong(value[string]{&o.config, text}, "config", 0)
	set.FlagLong(&o.checkConfig, "check-config", 0)
	set.FlagLong(&o.background, "background", 'b')
	set.FlagLong(value[string]{&o.logFile, o.path}, "log", 'L')
	set.FlagLong(value[string]{&o.logFormat, oneOf("text", "json", "legacy", "journal")}, "log-format", 0)
	set.FlagLong(value[slog.Level]{&o.logLevel, logLevel}, "log-level", 'l')
	set.FlagLong(value[string]{&o.audit, o.path}, "audit", 0)
	set.FlagLong(value[string]{&o.metrics, metricsAddress}, "metrics", 0)
	set.FlagLong(value[time.Duration]{&o.drain, duration(maxDuration)}, "drain", 0)
	set.Flag(value[string]{&o.startName, o.startPath}, 'R')
	set.FlagLong(&o.version, "version", 'v')
	set.FlagLong(&o.help, "help", 'h')
	return set
}
