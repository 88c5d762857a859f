package settings

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/pborman/getopt/v2"

	"bbftp/cmd/bbftpd/internal/config"
	"bbftp/cmd/internal/version"
)

// systemConfig is read where no configuration file is named.
const systemConfig = "/etc/bbftpd.toml"

// noFile stands for no file, of configuration or start-up.
const noFile = "none"

// Origin is where settings come from: found at start, and the same for a daemon
// that has left its directory and its rights.
type Origin struct {
	args       []string
	dir        string   // what names are relative to
	config     string   // the configuration file, if none is named
	startFiles []string // the start-up files, if none is named
}

// Find is the origin of this process, whose arguments are args.
func Find(args []string) Origin {
	// Without a working directory, names must be absolute: opening them says so.
	dir, _ := os.Getwd()
	return Origin{args: args, dir: dir, config: systemConfig, startFiles: startFilePlaces()}
}

// commandLineOnly are the settings that have no place in a configuration file.
var commandLineOnly = []string{"config", "check-config", "demo", "background", "version", "help"}

// Parse reads the configuration file that the command line names, or the system's,
// and then the command line, whose settings take precedence. It returns nil options
// if all was said already, to stdout: the help or the version.
func (from Origin) Parse(stdout io.Writer) (*Options, error) {
	line := newOptions(from.dir) // the command line alone says where the file is
	if err := line.read(line.table(), from.args); err != nil {
		return nil, err
	}
	switch {
	case line.help:
		_, err := io.WriteString(stdout, usage)
		return nil, err
	case line.version:
		_, err := fmt.Fprintf(stdout, "bbftpd version %s (%s)\n", version.Release, version.Build())
		return nil, err
	}
	o := newOptions(from.dir)
	set := o.table()
	if err := o.readFile(set, line, from.config); err != nil {
		return nil, err
	}
	// Whose accounts are served is one choice, which two settings can make.
	if line.Users != "" {
		o.SystemAccounts = ""
	}
	if line.SystemAccounts != "" {
		o.Users = ""
	}
	if err := o.read(set, from.args); err != nil {
		return nil, err
	}
	var err error
	if o.Start, err = loadStartFile(o.startName, from.startFiles); err != nil {
		return nil, err
	}
	return o, o.consistent()
}

// read reads a command line.
func (o *Options) read(set *getopt.Set, args []string) error {
	if err := set.Getopt(append([]string{"bbftpd"}, args...), nil); err != nil {
		var mistake *getopt.Error
		if errors.As(err, &mistake) && mistake.ErrorCode == getopt.Invalid {
			return fmt.Errorf("%s %q: %w", mistake.Name, mistake.Parameter, mistake.Err)
		}
		return fmt.Errorf("%w; see bbftpd --help", err)
	}
	if set.NArgs() > 0 {
		return fmt.Errorf("unexpected argument %q; see bbftpd --help", set.Arg(0))
	}
	return nil
}

// readFile reads the file that the command line names, or the system's, which is
// that of the daemon: a demonstration and a remote shell have settings of their own.
func (o *Options) readFile(set *getopt.Set, line *Options, place string) error {
	switch {
	case line.config == noFile:
		return nil
	case line.config != "":
		place, _ = o.path(line.config)
	case line.Shell || line.Demo != "":
		return nil
	}
	err := config.Read(place, func(key string, v config.Value) error { return apply(set, key, v) })
	if line.config == "" && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	o.File = place
	return err
}

// apply gives the setting that the file calls key its value.
func apply(set *getopt.Set, key string, v config.Value) error {
	if slices.Contains(commandLineOnly, key) {
		return fmt.Errorf("%s: only the command line has it", key)
	}
	opt := setting(set, key)
	if opt == nil {
		return fmt.Errorf("%s: there is no such setting; see bbftpd --help", key)
	}
	_, several := opt.Value().(interface{ several() })
	switch {
	case opt.IsFlag() && !v.Flag:
		return fmt.Errorf("%s: want true or false", key)
	case !opt.IsFlag() && v.Flag:
		return fmt.Errorf("%s: want a value, not %s", key, v.Texts[0])
	case v.List && !several:
		return fmt.Errorf("%s: want one value, not a list", key)
	}
	text := strings.Join(v.Texts, ",")
	if err := opt.Value().Set(text, opt); err != nil {
		return fmt.Errorf("%s %q: %w", key, text, err)
	}
	return nil
}

// setting is the one of that name, or nil.
func setting(set *getopt.Set, name string) (found getopt.Option) {
	set.VisitAll(func(o getopt.Option) {
		if o.LongName() == name {
			found = o
		}
	})
	return found
}

// consistent refuses settings that exclude each other.
func (o *Options) consistent() error {
	switch {
	case o.Exchange && !o.Shell:
		return errors.New("-A goes with -s only")
	case o.Shell && o.Background:
		return errors.New("-s serves the one who started it: -b does not go with it")
	case o.Shell && (o.Users != "" || o.SystemAccounts != "" || o.Demo != "" || o.RunAs != "" || o.Root != ""):
		return errors.New("-s serves the user that ssh logged in: --users, --system-accounts, --root, --demo and --run-as don't go with it")
	case o.Demo != "" && (o.Users != "" || o.SystemAccounts != ""):
		return errors.New("--demo and accounts of --users or --system-accounts exclude each other")
	case o.Demo != "" && o.Background:
		return errors.New("--demo shows its password and stays in the foreground: -b does not go with it")
	case o.Users != "" && o.SystemAccounts != "":
		return errors.New("--users and --system-accounts exclude each other: a name must not mean two accounts")
	case o.TLSCert != "" && o.TLSKey == "":
		return errors.New("--tls-cert: name the certificate's key with --tls-key")
	case o.RequireTLS && o.TLSKey == "":
		return errors.New("--require-tls: name a key with --tls-key FILE, which is made when it does not exist")
	case o.RequireTLS && o.AllowClear:
		return errors.New("--require-tls and --clear-text exclude each other")
	}
	return nil
}
