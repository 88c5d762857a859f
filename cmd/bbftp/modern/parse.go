package modern

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pborman/getopt/v2"

	"bbftp/cmd/bbftp/internal/argument"
	"bbftp/cmd/internal/umask"
	"bbftp/engine/client"
	"bbftp/netio"
)

// usageError is a command line that can't be meant.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usageErrorf(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// parse reads the words after the verb: options and operands in any order;
// after -- all are operands.
func parse(verb string, args []string) (o *options, operands []string, err error) {
	o = &options{progress: "auto"}
	set := o.set(verb)
	for rest := args; len(rest) > 0; {
		if err := set.Getopt(append([]string{"bbftp"}, rest...), nil); err != nil {
			return nil, nil, usageError{named(err)}
		}
		rest = set.Args()
		if set.State() == getopt.DashDash {
			operands = append(operands, rest...)
			break
		}
		if len(rest) > 0 {
			operands, rest = append(operands, rest[0]), rest[1:]
		}
	}
	if o.help || o.version {
		return o, operands, nil
	}
	given := map[string]bool{}
	set.Visit(func(opt getopt.Option) { given[opt.LongName()] = true })
	if err := o.complete(verb, given); err != nil {
		return nil, nil, usageError{err}
	}
	if slices.Contains(operands, "") {
		return nil, nil, usageErrorf("an operand is empty")
	}
	return o, operands, nil
}

// named puts the option before what is wrong with its value, and after an option
// that the verb lacks the verbs that have it.
func named(err error) error {
	mistake := (*getopt.Error)(nil)
	if !errors.As(err, &mistake) {
		return err
	}
	switch mistake.ErrorCode {
	case getopt.Invalid:
		return fmt.Errorf("%s: %w", mistake.Name, err)
	case getopt.UnknownOption:
		if mistake.Name == "-=" {
			return errors.New("= goes with the long name of an option, as in --compress=always")
		}
		for _, p := range optionTable {
			if mistake.Name == "--"+p.long {
				return fmt.Errorf("%w, which is for %s", err, strings.Join(strings.Fields(p.verbs), ", "))
			}
		}
	}
	return err
}

// complete checks what options mean together and fills in what follows from
// them; given are the long names of those that were there.
func (o *options) complete(verb string, given map[string]bool) error {
	cfg := &o.cfg
	switch {
	case given["tries"] && cfg.Tries < 1:
		return fmt.Errorf("--tries %d: at least 1 is needed", cfg.Tries)
	case given["port"] && cfg.Port == 0:
		return errors.New("--port 0: want 1 to 65535")
	case given["protocol"] && (cfg.Protocol < 1 || cfg.Protocol > 3):
		return fmt.Errorf("--protocol %d: want 1, 2 or 3", cfg.Protocol)
	case cfg.Protocol == 3 && cfg.Active:
		return errors.New("--active excludes --protocol 3, in which the client connects the data streams")
	case verb == "get" && o.recursive && cfg.Protocol == 1:
		return errors.New("--recursive excludes --protocol 1, which does not tell files from directories")
	case o.recursive && cfg.Simulate && cfg.NoDirs:
		return errors.New("--recursive and --dry-run exclude --no-mkdir: nothing is made that files could go to")
	case given["data-ports"] && o.activePorts.Max != 0:
		return errors.New("--active with a range excludes --data-ports")
	case given["window"] && (given["send-window"] || given["recv-window"]):
		return errors.New("--window is --send-window and --recv-window in one: it excludes them")
	case given["dscp"] && cfg.QBSS:
		return errors.New("--dscp excludes --qbss, which is a mark of its own")
	case cfg.RetryWait < 0 || o.timeout < 0 || given["timeout"] && o.timeout == 0:
		return errors.New("--retry-wait and --timeout: want a duration such as 90s or 5m")
	case o.json && (o.quiet || o.verbose || o.explain || o.progress == "always"):
		return errors.New("--json excludes --quiet, --verbose, --explain and --progress=always")
	case o.quiet && (o.verbose || o.explain || o.progress == "always"):
		return errors.New("--quiet excludes --verbose, --explain and --progress=always")
	}
	if err := netio.CheckCongestion(cfg.Congestion); err != nil {
		return err
	}
	if given["window"] {
		cfg.SendWindow, cfg.RecvWindow = o.window, o.window
	}
	if o.activePorts.Max != 0 {
		cfg.DataPorts = o.activePorts
	}
	if given["retry-wait"] && cfg.RetryWait == 0 {
		cfg.RetryWait = -1 // to client.Config 0 is the default
	}
	o.tuned = slices.Contains(strings.Fields(transfers), verb)
	if cfg.Tries == 0 && !o.tuned {
		cfg.Tries = 1 // who asks a question wants to know now
	}
	if o.timeout > 0 {
		t := o.timeout
		cfg.Waits = client.Waits{Connect: t, Reply: t, Accept: t, Idle: t, Ack: t}
	}
	if o.dataFrom != "" {
		address, err := netip.ParseAddr(o.dataFrom)
		if err != nil {
			return fmt.Errorf("--data-from %q: not an IP address", o.dataFrom)
		}
		cfg.DataFrom = address
	}
	cfg.Umask = umask.Current()
	return o.completeSSH(given["password-file"])
}

// completeSSH decides whether ssh starts the server.
func (o *options) completeSSH(password bool) error {
	if !o.useSSH && o.sshCommand == "" && !o.ssh.Batch && o.ssh.Identity == "" && o.ssh.Server == "" {
		return nil
	}
	switch {
	case o.cfg.Port != 0:
		return errors.New("--ssh excludes --port; ssh's own is named by --ssh-command 'ssh -p PORT'")
	case password, o.cfg.ClearText:
		return errors.New("--ssh excludes --password-file and --clear-text: ssh does the login")
	case o.trust.Given():
		return errors.New("--ssh excludes --require-tls, --tls-fingerprint, --tls-ca and --known-hosts: ssh encrypts and knows its hosts")
	case o.cfg.Protocol == 1:
		return errors.New("--ssh excludes --protocol 1, which has no such login")
	}
	if o.sshCommand != "" {
		words, err := argument.Command(o.sshCommand)
		if err != nil || len(words) == 0 {
			return fmt.Errorf("--ssh-command %q: no command, or a quote without its end", o.sshCommand)
		}
		o.ssh.Command = words
	}
	if o.ssh.Server != "" {
		o.ssh.Server = argument.RemoteServer(o.ssh.Server)
	}
	if o.ssh.Identity != "" {
		if _, err := os.Stat(o.ssh.Identity); err != nil {
			return fmt.Errorf("--identity: %w", err)
		}
	}
	o.cfg.SSH = &o.ssh
	return nil
}

// statusLimit is how long bbftp status waits at most if --timeout does not say.
const statusLimit = 60 * time.Second
