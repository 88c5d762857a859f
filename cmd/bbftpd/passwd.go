package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/pborman/getopt/v2"

	"bbftp/cmd/internal/terminal"
	"bbftp/engine/auth"
)

const passwdUsage = `Usage: bbftpd passwd [options] FILE USER

Adds USER to the users file FILE, or gives it a new password, which is asked
for at the terminal, or read from the first line of standard input when that is
no terminal. A running bbftpd sees the change when it is started anew.

  --directory DIR         directory the user is confined to (default: keep what
                          the file says; a new user gets that of bbftpd --root)
  --mass-storage PATH     let the user read mass storage below PATH
  -h, --help              print this text
`

// passwd changes the users file.
func passwd(ctx context.Context, args []string, stdin *os.File, stdout io.Writer) error {
	var dir, mass string
	var help bool
	set := getopt.New()
	dirOption := set.FlagLong(&dir, "directory", 0)
	massOption := set.FlagLong(&mass, "mass-storage", 0)
	set.FlagLong(&help, "help", 'h')
	if err := set.Getopt(append([]string{"passwd"}, args...), nil); err != nil {
		return fmt.Errorf("passwd: %w; see bbftpd passwd --help", err)
	}
	if help {
		_, err := io.WriteString(stdout, passwdUsage)
		return err
	}
	if set.NArgs() != 2 {
		return errors.New("passwd: want FILE and USER; see bbftpd passwd --help")
	}
	change := auth.Change{User: set.Arg(1)}
	if dirOption.Seen() {
		change.Dir = &dir
	}
	if massOption.Seen() {
		change.MassStorage = &mass
	}
	var err error
	if change.Password, err = terminal.NewPassword(ctx, stdin, stdout); err != nil {
		return err
	}
	return auth.SetPassword(set.Arg(0), change)
}
