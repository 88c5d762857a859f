package main

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"time"

	"github.com/pborman/getopt/v2"

	"bbftp/cmd/internal/version"
	"bbftp/engine/wire"
)

// options are the client's command line.
type options struct {
	host         string
	user         string
	port         uint16
	script       string
	streams      int
	tries        int
	retryWait    time.Duration
	compress     bool
	verbose      bool
	machine      bool
	json         bool
	warnings     bool
	clear        bool
	protocol     int
	dataFrom     netip.Addr
	passwordFile string
}

const usage = `Usage: bbftp [options] -u USER -e COMMANDS HOST

Copies files to and from a bbftp server over parallel data streams.

Commands, separated by ';' (names hold neither blanks nor ';')
  put LOCAL [REMOTE]      copy a file to the server
  get REMOTE [LOCAL]      copy a file from the server
  mput PATTERN [DIR]      put all local files that match
  mget PATTERN [DIR]      get all remote files that match
  mkdir DIR               make a remote directory
  cd DIR, lcd DIR         change the remote, the local directory
  dir DIR                 list a remote directory
  setoption [no]OPTION    gzip: as -c; remoterfio: get from mass storage; others
                          of legacy scripts only warn, version 1 lacks them

Options
  -u USER                 user name on the server
  -e COMMANDS             what to do
  -w PORT                 control port (default 5021)
  -p N                    data streams per file, 1 to 10 (default 1)
  -c                      compress the data
  -r N                    tries of each command (default 5)
      --retry-wait DURATION
                          pause between two tries (default 30s)
      --password-file FILE
                          read the password from FILE's first line; without it
                          the terminal is asked, or standard input read
      --protocol 1        speak version 1 at once instead of asking first
      --clear-text        log in without encryption, where the server allows it
      --data-from ADDRESS accept data streams from ADDRESS instead of the
                          server's control address
  -V                      say what happens
  -W                      show warnings
  -m                      one line per transfer for programs:
                          put|get BYTES SECONDS BUFFER-KB SEND-KB RECEIVE-KB STREAMS gzip|nogzip
                          (windows and buffers are the kernel's: 0)
      --json              one JSON object per command instead of any other output
  -v, --version           print the version
  -h, --help              print this text

Exit status: 0 if every command succeeded, else the number of the last error
(25, 26: wrong command, 33: server not reached or SIGINT, 34: SIGTERM, 72 to 79:
local file, 100: refused by the server, 101: no version in common). A hang-up of
the terminal is ignored.
`

// parse reads the command line. It returns nil options if all was said already.
func parse(args []string, stdout io.Writer) (*options, error) {
	o := &options{port: 5021, streams: 1, tries: 5}
	var help, show bool
	var dataFrom string
	set := getopt.New()
	set.Flag(&o.user, 'u')
	script := set.Flag(&o.script, 'e')
	set.Flag(&o.port, 'w')
	set.Flag(&o.streams, 'p')
	set.Flag(&o.compress, 'c')
	set.Flag(&o.tries, 'r')
	wait := set.FlagLong(&o.retryWait, "retry-wait", 0)
	set.FlagLong(&o.passwordFile, "password-file", 0)
	set.FlagLong(&o.protocol, "protocol", 0)
	set.FlagLong(&o.clear, "clear-text", 0)
	set.FlagLong(&dataFrom, "data-from", 0)
	set.Flag(&o.verbose, 'V')
	set.Flag(&o.warnings, 'W')
	set.Flag(&o.machine, 'm')
	set.FlagLong(&o.json, "json", 0)
	set.FlagLong(&show, "version", 'v')
	set.FlagLong(&help, "help", 'h')
	// Options may also follow HOST, as they may with the C library's getopt.
	var words []string
	for rest := args; len(rest) > 0; {
		if err := set.Getopt(append([]string{"bbftp"}, rest...), nil); err != nil {
			return nil, misused(err)
		}
		if rest = set.Args(); len(rest) > 0 {
			words, rest = append(words, rest[0]), rest[1:]
		}
	}
	switch {
	case help:
		_, err := io.WriteString(stdout, usage)
		return nil, err
	case show:
		_, err := fmt.Fprintf(stdout, "bbftp version %s (%s)\n", version.Release, version.Build())
		return nil, err
	case !script.Seen():
		return nil, usageErrorf(20, "no commands: -e is needed; see bbftp --help")
	case len(words) == 0 || words[0] == "":
		return nil, usageErrorf(14, "no host; see bbftp --help")
	case len(words) > 1:
		return nil, usageErrorf(6, "more than one host: %s and %s", words[0], words[1])
	case o.user == "":
		return nil, usageErrorf(18, "no user name: -u is needed")
	case o.port == 0:
		return nil, usageErrorf(4, "-w: the port must be 1 to 65535")
	case o.streams < 1:
		return nil, usageErrorf(3, "-p %d: at least 1 stream is needed", o.streams)
	case o.tries < 1:
		return nil, usageErrorf(4, "-r %d: at least 1 try is needed", o.tries)
	case o.protocol != 0 && o.protocol != 1:
		return nil, usageErrorf(6, "--protocol %d: only 1 is supported", o.protocol)
	case o.json && (o.machine || o.verbose):
		return nil, usageErrorf(6, "--json excludes -m and -V")
	}
	o.host = words[0]
	if dataFrom != "" {
		var err error
		if o.dataFrom, err = netip.ParseAddr(dataFrom); err != nil {
			return nil, usageErrorf(6, "--data-from %s: not an IP address", strconv.Quote(dataFrom))
		}
	}
	if wait.Seen() && o.retryWait == 0 {
		o.retryWait = -1 // to client.Config 0 is the default
	}
	if o.machine {
		o.verbose, o.warnings = false, false
	}
	return o, nil
}

// misused numbers a mistake that getopt found, and names the option whose
// value it is.
func misused(err error) error {
	var mistake *getopt.Error
	if !errors.As(err, &mistake) || mistake.ErrorCode != getopt.Invalid {
		return usageError{6, err}
	}
	number := 6
	switch mistake.Name {
	case "-p":
		number = 3
	case "-w", "-r":
		number = 4
	}
	return usageErrorf(number, "%s: %w", mistake.Name, err)
}

// limitStreams takes the excess off -p and returns what was asked for, if it
// was more than the protocol carries.
func (o *options) limitStreams() (asked int, limited bool) {
	if o.streams <= wire.MaxStreamsV1 {
		return o.streams, false
	}
	asked, o.streams = o.streams, wire.MaxStreamsV1
	return asked, true
}
