// Command bbftpd serves files to bbftp clients.
//
// Where things are, by file:
//
//	settings            options (the table), values, parse, usage, rcfile
//	what is started     daemon, inetd, shell, demo; checkconfig, passwd
//	a daemon's parts    accounts, identity, descriptors, log, service (sessions)
//	a daemon's life     live, reload, orders (signals), background, become
//	who asks about it   notify (systemd), pulse, health
package main

import (
	"fmt"
	"io"
	"os"

	"bbftp/cmd/bbftpd/internal/privsep"
	"bbftp/cmd/bbftpd/internal/sandbox"
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
	orders := heed()
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

func run(orders *orders, args []string, stdin, stdout *os.File, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "passwd" {
		return passwd(orders.atOnce(), args[1:], stdin, stdout)
	}
	from := found(args)
	o, err := from.parse(stdout)
	if err != nil || o == nil {
		return err
	}
	switch {
	case o.checkConfig:
		return checkConfig(orders.atOnce(), o, stdout)
	case o.shell:
		return shell(orders.atOnce(), o, stdin, stdout)
	case o.background && !o.detached():
		return detach(stdout)
	case o.demo != "":
		return demo(orders, o, stdout, stderr)
	}
	conn, err := connection(stdin)
	switch {
	case err != nil:
		return err
	case conn != nil:
		return single(orders.atOnce(), o, conn)
	}
	d := &daemon{o: o, again: func() (*options, error) { return from.parse(io.Discard) }}
	return d.run(orders, stderr)
}
