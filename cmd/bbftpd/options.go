package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/pborman/getopt/v2"

	"bbftp/cmd/internal/umask"
	"bbftp/cmd/internal/version"
)

// options are the daemon's command line.
type options struct {
	port        uint16
	bind        string
	background  bool
	clear       bool
	anySource   bool
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
	umask       fs.FileMode
	logFile     string
	logFormat   string
	logLevel    string
}

const usage = `Usage: bbftpd --users FILE [options]
       bbftpd --demo DIR [-w PORT]
       bbftpd passwd [options] FILE USER

Serves files to bbftp clients, protocol version 1, until SIGTERM or SIGINT.

Accounts
  --users FILE            who may log in; a line each: name:hash:directory[:options].
                          "bbftpd passwd FILE USER" adds one. Option: mass-storage[=PATH]
  --root DIR              directory of the accounts that name none
  --unconfined            let sessions leave their directory
  --run-as USER           give up root for USER of /etc/passwd; required with
                          --users as root
  -u                      also accept logins whose password is not encrypted
  --demo DIR              serve DIR on the loopback address under a one-time
                          password, which is printed

Network
  -w, --port PORT         control port (default 5021; 0: any free one)
  --bind ADDRESS          listen on this address only (default: all)
  -f, --any-source-port   connect data streams from any port instead of PORT-1
  --max-sessions N        sessions served at once (default 512)

Files
  --umask MODE            octal, taken from the modes 0660 and 0750 of new files
                          and directories (default: that of the process)
  --max-file-size SIZE    largest file a client may store, e.g. 2TiB (default: none)
  --reserve SIZE          free space that stays (default: 1 % of the file system;
                          0: nothing)
  --mass-storage [PREFIX=]DIR
                          serve MSG_RETR_RFIO from DIR, seen as PREFIX (default /);
                          may be repeated. Accounts need the option mass-storage
  --mass-storage-limit DURATION
                          how long a file may take to open (default 30m)

Running
  -b, --background        detach once serving; without -L the log is discarded
  -L, --log FILE          append the log to FILE (default: standard error)
  --log-format FORMAT     text or json (default text)
  --log-level LEVEL       debug, info, warn or error (default info)
  -v, --version           print the version
  -h, --help              print this text

Exit status: 0 after a signal or --help, 1 on any failure.
`

// parse reads the command line. It returns nil options if all was said already.
func parse(args []string, stdout io.Writer) (*options, error) {
	o := &options{port: 5021, massLimit: 30 * time.Minute}
	var maxFileSize, reserve, mask string
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
	set.FlagLong(&mask, "umask", 0)
	set.FlagLong(&maxFileSize, "max-file-size", 0)
	set.FlagLong(&reserve, "reserve", 0)
	set.FlagLong(&o.massStorage, "mass-storage", 0)
	set.FlagLong(&o.massLimit, "mass-storage-limit", 0)
	set.FlagLong(&o.background, "background", 'b')
	set.FlagLong(&o.logFile, "log", 'L')
	set.FlagLong(&o.logFormat, "log-format", 0)
	set.FlagLong(&o.logLevel, "log-level", 0)
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
	}
	var err error
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
