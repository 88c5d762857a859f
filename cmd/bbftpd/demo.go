package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"net"

	"bbftp/cmd/bbftpd/internal/process"
	"bbftp/cmd/bbftpd/internal/settings"
	"bbftp/engine/auth"
)

const demoUser = "demo"

// demo serves one directory to whoever reads the password off the screen. The
// lines on stdout are for programs too: a word, a blank, a value.
func demo(orders *process.Orders, o *settings.Options, stdout, stderr io.Writer) error {
	if err := readableDirectory(o.Demo); err != nil {
		return fmt.Errorf("--demo: %w", err)
	}
	password := rand.Text()
	account, err := auth.OneTime(auth.Account{Name: demoUser, Dir: o.Demo, MassStorage: "/"}, password)
	if err != nil {
		return err
	}
	o.Bind = "127.0.0.1"
	o.Drain = 0 // who has typed ^C is waiting
	d := &daemon{o: o, accounts: oneTime{account}, announce: func(at net.Addr) error {
		_, err := fmt.Fprintf(stdout, "directory %s\naddress %v\nuser %s\npassword %s\n", o.Demo, at, demoUser, password)
		return err
	}}
	return d.run(orders, stderr)
}
