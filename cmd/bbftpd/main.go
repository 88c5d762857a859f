// Command bbftpd serves files to bbftp clients.
//
// Where things are, by file:
//
//	what is started     daemon, inetd, shell, demo; checkconfig, passwd
//	a daemon's parts    accounts, identity, log, service (sessions)
//	a daemon's life     live, reload
//
// and by package, none of which knows this one:
//
//	settings            all that can be said on the command line and in files
//	process             signals, rights, descriptors, background
//	health              who asks how it is: the pulse of the control port, systemd
//	journal, metrics    what it tells
//	privsep, sandbox    sessions in processes of their users
package main

import (
	"fmt"
	"io"
	"os"

	"bbftp/cmd/bbftpd/internal/privsep"
	"bbftp/cmd/bbftpd/internal/process"
	"bbftp/cmd/bbftpd/internal/sandbox"
	"bbftp/cmd/bbftpd/internal/settings"
)

func main() {
	// Passwords and the TLS key are in this process's memory: they must not be in a
	// core file, nor within reach of a debugger of the same user.
	sealed := sandbox.Undumpable()
	if handled, err := privsep.Child(); handled {
		if err != nil {
			os.Exit(1)
		}
		return
	}
	orders := process.Heed()
	err := sealed
	if err == nil {
		err = run(orders, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	}
	if err != nil {
		if !shared(os.Stdin, os.Stderr) {
			fmt.Fprintln(os.Stderr, "bbftpd:", err)
		}
		os.Exit(1)
	}
}

func run(orders *process.Orders, args []string, stdin, stdout *os.File, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "passwd" {
		return passwd(orders.AtOnce(), args[1:], stdin, stdout)
	}
	from := settings.Find(args)
	o, err := from.Parse(stdout)
	if err != nil || o == nil {
		return err
	}
	switch {
	case o.CheckConfig:
		return checkConfig(orders.AtOnce(), o, stdout)
	case o.Shell:
		return shell(orders.AtOnce(), o, stdin, stdout)
	case o.Background && !process.Detached():
		return process.Detach(stdout)
	case o.Demo != "":
		return demo(orders, o, stdout, stderr)
	}
	conn, err := connection(stdin)
	switch {
	case err != nil:
		return err
	case conn != nil:
		return single(orders.AtOnce(), o, conn)
	}
	d := &daemon{o: o, again: func() (*settings.Options, error) { return from.Parse(io.Discard) }}
	return d.run(orders, stderr)
}
