package settings

import (
	"errors"
	"fmt"

	"github.com/pborman/getopt/v2"

	"bbftp/cmd/internal/quantity"
	"bbftp/engine/auth"
)

// PasswdUsage is the help of bbftpd passwd.
const PasswdUsage = `Usage: bbftpd passwd [options] FILE USER

Adds USER to the users file FILE, or gives it a new password, which is asked
for at the terminal, or read from the first line of standard input when that is
no terminal. What no option says stays as it is. A running bbftpd sees the
change when it gets SIGHUP or is started anew; sessions that are open go on as
they began.

  --directory DIR         directory the user is confined to (default: keep what
                          the file says; a new user gets that of bbftpd --root)
  --mass-storage PATH     let the user read mass storage below PATH
  --read-only[=yes|no]    let the user change nothing
  --sessions N            at most N sessions of the user at once; 0: no limit of
                          its own
  --streams N             at most N data streams of all its sessions; 0: likewise
  --rate RATE             at most RATE for all its data, such as 50MB or 1gbit; 0:
                          likewise
  --keep-password         change only what the options say; ask for no password
  --delete                take USER out of FILE
  -h, --help              print this text
`

// Passwd is what bbftpd passwd was asked to do.
type Passwd struct {
	File   string // of users
	Change auth.Change
	Delete bool // the user, instead
	Help   bool // nothing but that
}

// ParsePasswd reads what follows "bbftpd passwd". Of one that asks for help, nothing
// else counts.
func ParsePasswd(args []string) (o Passwd, err error) {
	set := getopt.New()
	set.FlagLong(value[*string]{&o.Change.Dir, given(text)}, "directory", 0)
	set.FlagLong(value[*string]{&o.Change.MassStorage, given(text)}, "mass-storage", 0)
	set.FlagLong(value[*bool]{&o.Change.ReadOnly, given(yesOrNo)}, "read-only", 0).SetOptional()
	set.FlagLong(value[*int]{&o.Change.Sessions, given(count(0, auth.MaxCount, "sessions"))}, "sessions", 0)
	set.FlagLong(value[*int]{&o.Change.Streams, given(count(0, auth.MaxCount, "streams"))}, "streams", 0)
	set.FlagLong(value[*int64]{&o.Change.Rate, given(quantity.Rate)}, "rate", 0)
	set.FlagLong(&o.Change.KeepPassword, "keep-password", 0)
	set.FlagLong(&o.Delete, "delete", 0)
	set.FlagLong(&o.Help, "help", 'h')
	err = set.Getopt(append([]string{"passwd"}, args...), nil)
	var mistake *getopt.Error
	if errors.As(err, &mistake) && mistake.ErrorCode == getopt.Invalid {
		err = fmt.Errorf("%s %q: %w", mistake.Name, mistake.Parameter, mistake.Err)
	}
	if err != nil || o.Help {
		return o, err
	}
	if set.NArgs() != 2 {
		return o, errors.New("want FILE and USER")
	}
	o.File, o.Change.User = set.Arg(0), set.Arg(1)
	if o.Delete && o.Change != (auth.Change{User: o.Change.User}) {
		return o, errors.New("--delete goes with no other option")
	}
	return o, nil
}

// given makes a setting that is nil until the option is given.
func given[T any](read func(string) (T, error)) func(string) (*T, error) {
	return func(text string) (*T, error) {
		got, err := read(text)
		return &got, err
	}
}

func yesOrNo(text string) (bool, error) {
	switch text {
	case "", "yes":
		return true, nil
	case "no":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither yes nor no", text)
}
