package legacy

import (
	"errors"
	"io/fs"
	"net/netip"
	"strings"
	"time"

	"github.com/pborman/getopt/v2"

	"bbftp/cmd/bbftp/internal/argument"
	"bbftp/engine/client"
	"bbftp/engine/trust"
	"bbftp/netio"
)

// options are the client's command line and, after [options.load], start-up
// file.
type options struct {
	host string
	user string
	port uint16

	commands    string // of -e
	controlFile string // of -i
	resultFile  string // where results go with -i

	ssh       *client.SSH // nil: no ssh mode
	active    bool
	dataPorts netio.PortRange
	dataFrom  netip.Addr
	protocol  int
	clear     bool
	trust     argument.Trust
	policy    *trust.Policy // what trust means, after [job.chooseTrust]

	startFile    string
	passwordFile string
	errorFile    string // standard error goes there
	outputFile   string // standard output goes there
	background   bool

	tries     int
	retryWait time.Duration
	settings  client.Settings
	// The server's umask and class of service, nil to leave them.
	remoteUmask *fs.FileMode
	remoteClass *int32

	verbose, machine, json, warnings, debug, stamping bool
	help, version                                     bool
}

// words are the values of options as they were written.
type words struct {
	port, streams, tries, ports      string
	identity, sshCommand, sshServer  string
	dataFrom, protocol, wait         string
	sshMode, batch                   bool
	inline, control, active, waiting getopt.Option
}

// parse reads the command line. On failure it returns the options that were
// read, for what concerns output.
func parse(args []string) (*options, error) {
	o := &options{}
	var w words
	set := getopt.New()
	set.Flag(&o.background, 'b')
	set.Flag(&o.settings.Compress, 'c')
	set.Flag(&o.debug, 'd')
	w.active = set.Flag(&w.ports, 'D').SetOptional()
	w.inline = set.Flag(&o.commands, 'e')
	set.Flag(&w.sshServer, 'E')
	set.Flag(&o.errorFile, 'f')
	w.control = set.Flag(&o.controlFile, 'i')
	set.Flag(&w.identity, 'I')
	set.Flag(&w.sshCommand, 'L')
	set.Flag(&o.machine, 'm')
	set.Flag(&o.settings.Simulate, 'n')
	set.Flag(&o.outputFile, 'o')
	set.Flag(&w.streams, 'p')
	set.Flag(&o.settings.QBSS, 'q')
	set.Flag(&w.tries, 'r')
	set.Flag(&o.startFile, 'R')
	set.Flag(&w.sshMode, 's')
	set.Flag(&w.batch, 'S')
	set.Flag(&o.stamping, 't')
	set.Flag(&o.user, 'u')
	set.Flag(&o.verbose, 'V')
	set.Flag(&w.port, 'w')
	set.Flag(&o.warnings, 'W')
	set.FlagLong(&o.passwordFile, "password-file", 0)
	w.waiting = set.FlagLong(&w.wait, "retry-wait", 0)
	set.FlagLong(&w.protocol, "protocol", 0)
	set.FlagLong(&o.clear, "clear-text", 0)
	set.FlagLong(&o.trust.Require, "require-tls", 0)
	set.FlagLong(&o.trust.Fingerprint, "tls-fingerprint", 0)
	set.FlagLong(&o.trust.CA, "tls-ca", 0)
	set.FlagLong(&o.trust.Known, "known-hosts", 0)
	set.FlagLong(&w.dataFrom, "data-from", 0)
	set.FlagLong(&o.json, "json", 0)
	set.FlagLong(&o.version, "version", 'v')
	set.FlagLong(&o.help, "help", 'h')
	// Options may also follow HOST, as they may with the C library's getopt.
	var operands []string
	for rest := args; len(rest) > 0; {
		if err := set.Getopt(append([]string{"bbftp"}, rest...), nil); err != nil {
			return o, misread(err)
		}
		if rest = set.Args(); len(rest) > 0 {
			operands, rest = append(operands, rest[0]), rest[1:]
		}
	}
	if o.help || o.version {
		return o, nil
	}
	if err := o.take(w); err != nil {
		return o, err
	}
	return o, o.check(w, operands)
}

// misread words a mistake that getopt found.
func misread(err error) error {
	var mistake *getopt.Error
	if errors.As(err, &mistake) && mistake.ErrorCode == getopt.UnknownOption {
		return misusef(6, "Error on command line (unsupported option %s); see bbftp --help", mistake.Name)
	}
	return misusef(6, "Error on command line (%w); see bbftp --help", err)
}

// check looks at the options together.
func (o *options) check(w words, operands []string) error {
	switch {
	case o.json && (o.machine || o.verbose || o.debug):
		return misusef(6, "--json excludes -m, -V and -d")
	case o.active && o.protocol == 3:
		return misusef(6, "-D excludes --protocol 3, in which the server never connects the data streams")
	case o.ssh != nil && o.trust.Given():
		return misusef(6, "ssh excludes --require-tls, --tls-fingerprint, --tls-ca and --known-hosts: it encrypts and knows its hosts")
	case o.ssh != nil && strings.HasPrefix(o.user, "-"):
		return misusef(18, "-u %s: ssh would take it for an option", o.user)
	case !w.inline.Seen() && !w.control.Seen():
		return misusef(20, "Error on command line (-i or -e option are mandatory); see bbftp --help")
	case w.inline.Seen() && w.control.Seen():
		return misusef(20, "Error on command line (Only one of -i or -e option are permitted)")
	case len(operands) > 1:
		return misusef(6, "more than one host: %s and %s", operands[0], operands[1])
	case len(operands) == 1:
		o.host = operands[0]
	}
	if w.control.Seen() {
		o.resultFile = o.controlFile + ".res"
	}
	if o.machine { // its lines are for programs
		o.verbose, o.warnings, o.debug, o.stamping = false, false, false, false
	}
	return nil
}
