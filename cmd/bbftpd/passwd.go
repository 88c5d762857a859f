package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/pborman/getopt/v2"

	"bbftp/cmd/internal/quantity"
	"bbftp/cmd/internal/terminal"
	"bbftp/engine/auth"
)

const passwdUsage = `Usage: bbftpd passwd [options] FILE USER

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

// passwdOptions is what passwd was asked to do.
type passwdOptions struct {
	change       auth.Change
	delete, help bool
}

// passwd changes the users file.
func passwd(ctx context.Context, args []string, stdin *os.File, stdout io.Writer) error {
	o, file, err := parsePasswd(args)
	if err != nil {
		return fmt.Errorf("passwd: %w; see bbftpd passwd --help", err)
	}
	if o.help {
		_, err := io.WriteString(stdout, passwdUsage)
		return err
	}
	if o.delete {
		return auth.RemoveUser(file, o.change.User)
	}
	if !o.change.KeepPassword {
		if o.change.Password, err = terminal.NewPassword(ctx, stdin, stdout); err != nil {
			return err
		}
	}
	return auth.SetPassword(file, o.change)
}

func parsePasswd(args []string) (o passwdOptions, file string, err error) {
	set := getopt.New()
	set.FlagLong(value[*string]{&o.change.Dir, given(text)}, "directory", 0)
	set.FlagLong(value[*string]{&o.change.MassStorage, given(text)}, "mass-storage", 0)
	set.FlagLong(value[*bool]{&o.change.ReadOnly, given(yesOrNo)}, "read-only", 0).SetOptional()
	set.FlagLong(value[*int]{&o.change.Sessions, given(count(0, auth.MaxCount, "sessions"))}, "sessions", 0)
	set.FlagLong(value[*int]{&o.change.Streams, given(count(0, auth.MaxCount, "streams"))}, "streams", 0)
	set.FlagLong(value[*int64]{&o.change.Rate, given(quantity.Rate)}, "rate", 0)
	set.FlagLong(&o.change.KeepPassword, "keep-password", 0)
	set.FlagLong(&o.delete, "delete", 0)
	set.FlagLong(&o.help, "help", 'h')
	err = set.Getopt(append([]string{"passwd"}, args...), nil)
	var mistake *getopt.Error
	if errors.As(err, &mistake) && mistake.ErrorCode == getopt.Invalid {
		err = fmt.Errorf("%s %q: %w", mistake.Name, mistake.Parameter, mistake.Err)
	}
	if err != nil || o.help {
		return o, "", err
	}
	if set.NArgs() != 2 {
		return o, "", errors.New("want FILE and USER")
	}
	o.change.User = set.Arg(1)
	if o.delete && o.change != (auth.Change{User: o.change.User}) {
		return o, "", errors.New("--delete goes with no other option")
	}
	return o, set.Arg(0), nil
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
