package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/pborman/getopt/v2"

	"bbftp/cmd/internal/quantity"
	"bbftp/cmd/internal/umask"
	"bbftp/cmd/internal/version"
	"bbftp/engine/wire"
	"bbftp/netio"
)

// options are the daemon's command line.
type options struct {
	port        uint16
	bind        string
	background  bool
	clear       bool
	anySource   bool
	dataPorts   netio.PortRange
	maxStreams  int
	shell       bool
	exchange    bool
	startName   string
	start       startFile
	users       string
	root        string
	unconfined  bool
	runAs       string
	demo        string
	massStorage []string
	massLimit   time.Duration
	maxFileSize int64
	reserve     int64
	maxSessions int
	limitRate   int64
	congestion  string
	mptcp       bool
	fsync       bool
	sparse      bool
	umask       fs.FileMode
	logFile     string
	logFormat   string
	logLevel    string
}

// parse reads the command line. It returns nil options if all was said already.
func parse(args []string, stdout io.Writer) (*options, error) {
	o := &options{port: 5021, massLimit: 30 * time.Minute}
	var maxFileSize, reserve, mask, dataPorts, limitRate string
	var help, show bool
	set := getopt.New()
	set.FlagLong(&o.users, "users", 0)
	set.FlagLong(&o.root, "root", 0)
	set.FlagLong(&o.unconfined, "unconfined", 0)
	set.FlagLong(&o.runAs, "run-as", 0)
	set.FlagLong(&o.clear, "clear-text", 'u')
	set.FlagLong(&o.demo, "demo", 0)
	set.FlagLong(&o.port, "port", 'w')
	set.FlagLong(&o.bind, "bind", 0)
	set.FlagLong(&o.anySource, "any-source-port", 'f')
	set.FlagLong(&o.maxSessions, "max-sessions", 0)
	rate := set.FlagLong(&limitRate, "limit-rate", 0)
	set.FlagLong(&o.congestion, "congestion", 0)
	set.FlagLong(&o.mptcp, "mptcp", 0)
	set.FlagLong(&o.fsync, "fsync", 0)
	set.FlagLong(&o.sparse, "sparse", 0)
	set.FlagLong(&mask, "umask", 0)
	set.FlagLong(&maxFileSize, "max-file-size", 0)
	set.FlagLong(&reserve, "reserve", 0)
	set.FlagLong(&o.massStorage, "mass-storage", 0)
	set.FlagLong(&o.massLimit, "mass-storage-limit", 0)
	set.FlagLong(&o.background, "background", 'b')
	set.FlagLong(&o.logFile, "log", 'L')
	set.FlagLong(&o.logFormat, "log-format", 0)
	set.FlagLong(&o.logLevel, "log-level", 'l')
	set.FlagLong(&dataPorts, "data-ports", 'e')
	streams := set.FlagLong(&o.maxStreams, "max-streams", 'm')
	set.Flag(&o.shell, 's')
	set.Flag(&o.exchange, 'A')
	set.Flag(&o.startName, 'R')
	set.FlagLong(&show, "version", 'v')
	set.FlagLong(&help, "help", 'h')
	if err := set.Getopt(append([]string{"bbftpd"}, args...), nil); err != nil {
		var mistake *getopt.Error
		if errors.As(err, &mistake) && mistake.ErrorCode == getopt.Invalid {
			err = fmt.Errorf("%s: %w", mistake.Name, err) // getopt's own text names only the value
		}
		return nil, fmt.Errorf("%w; see bbftpd --help", err)
	}
	switch {
	case help:
		_, err := io.WriteString(stdout, usage)
		return nil, err
	case show:
		_, err := fmt.Fprintf(stdout, "bbftpd version %s (%s)\n", version.Release, version.Build())
		return nil, err
	case set.NArgs() > 0:
		return nil, fmt.Errorf("unexpected argument %q; see bbftpd --help", set.Arg(0))
	case o.maxSessions < 0:
		return nil, fmt.Errorf("--max-sessions %d: must not be negative", o.maxSessions)
	case streams.Seen() && (o.maxStreams < 1 || o.maxStreams > wire.MaxStreams):
		return nil, fmt.Errorf("-m %d: want 1 to %d streams", o.maxStreams, wire.MaxStreams)
	case o.exchange && !o.shell:
		return nil, errors.New("-A goes with -s only")
	case o.shell && o.background:
		return nil, errors.New("-s serves the one who started it: -b does not go with it")
	case o.shell && (o.users != "" || o.demo != "" || o.runAs != "" || o.root != ""):
		return nil, errors.New("-s serves the user that ssh logged in: --users, --root, --demo and --run-as don't go with it")
	}
	var err error
	if rate.Seen() {
		if o.limitRate, err = quantity.Rate(limitRate); err != nil {
			return nil, fmt.Errorf("--limit-rate: %w", err)
		}
	}
	if err := netio.CheckCongestion(o.congestion); err != nil {
		return nil, err
	}
	if o.dataPorts, err = portRange(dataPorts); err != nil {
		return nil, err
	}
	if o.maxFileSize, err = size("--max-file-size", maxFileSize); err != nil {
		return nil, err
	}
	if o.reserve, err = size("--reserve", reserve); err != nil {
		return nil, err
	}
	if reserve != "" && o.reserve == 0 {
		o.reserve = -1 // storage.NoReserve
	}
	if o.umask, err = fileMask(mask); err != nil {
		return nil, err
	}
	if o.root != "" {
		if o.root, err = filepath.Abs(o.root); err != nil {
			return nil, fmt.Errorf("--root: %w", err)
		}
	}
	return o, nil
}

// size reads a number of bytes such as "10GiB"; "" is 0.
func size(option, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := humanize.ParseBytes(text)
	if err != nil || n > 1<<62 {
		return 0, fmt.Errorf("%s %q: want a number of bytes such as 500MB or 2TiB", option, text)
	}
	return int64(n), nil
}

// portRange reads "MIN:MAX"; "" is any port.
func portRange(text string) (netio.PortRange, error) {
	if text == "" {
		return netio.PortRange{}, nil
	}
	first, last, _ := strings.Cut(text, ":")
	low, err := strconv.ParseUint(first, 10, 16)
	high, err2 := strconv.ParseUint(last, 10, 16)
	if err != nil || err2 != nil || low == 0 || low > high {
		return netio.PortRange{}, fmt.Errorf("-e %q: want MIN:MAX with ports from 1 to 65535", text)
	}
	return netio.PortRange{Min: uint16(low), Max: uint16(high)}, nil
}

// fileMask reads an octal umask; "" is that of the process.
func fileMask(text string) (fs.FileMode, error) {
	if text == "" {
		return umask.Current(), nil
	}
	mask, err := strconv.ParseUint(text, 8, 16)
	if err != nil || mask > 0o777 {
		return 0, fmt.Errorf("--umask %q: want an octal number from 0 to 777", text)
	}
	return fs.FileMode(mask), nil
}

var errNoAccounts = errors.New(`no accounts. Make one with "bbftpd passwd FILE USER" and serve it with --users FILE, or look around with --demo DIR`)
