package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"bbftp/cmd/bbftpd/internal/settings"
	"bbftp/cmd/internal/terminal"
	"bbftp/engine/auth"
)

// passwd changes the users file.
func passwd(ctx context.Context, args []string, stdin *os.File, stdout io.Writer) error {
	o, err := settings.ParsePasswd(args)
	if err != nil {
		return fmt.Errorf("passwd: %w; see bbftpd passwd --help", err)
	}
	if o.Help {
		_, err := io.WriteString(stdout, settings.PasswdUsage)
		return err
	}
	if o.Delete {
		return auth.RemoveUser(o.File, o.Change.User)
	}
	if !o.Change.KeepPassword {
		if o.Change.Password, err = terminal.NewPassword(ctx, stdin, stdout); err != nil {
			return err
		}
	}
	return auth.SetPassword(o.File, o.Change)
}
