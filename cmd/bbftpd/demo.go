package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"bbftp/engine/auth"
)

const demoUser = "demo"

// demo serves one directory to whoever reads the password off the screen. The
// lines on stdout are for programs too: a word, a blank, a value.
func demo(ctx context.Context, o *options, stdout, stderr io.Writer) error {
	switch {
	case o.users != "":
		return errors.New("--demo and --users exclude each other")
	case o.background:
		return errors.New("--demo shows its password and stays in the foreground: -b does not go with it")
	}
	dir, err := filepath.Abs(o.demo)
	if err != nil {
		return fmt.Errorf("--demo: %w", err)
	}
	if err := readableDirectory(dir); err != nil {
		return fmt.Errorf("--demo: %w", err)
	}
	log, closeLog, err := newLog(o, stderr)
	if err != nil {
		return err
	}
	defer closeLog()
	password := rand.Text()
	accounts, err := auth.OneTime(auth.Account{Name: demoUser, Dir: dir, MassStorage: "/"}, password)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, o, "127.0.0.1")
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	if err := become(o.runAs); err != nil {
		return err
	}
	return serve(ctx, o, accounts, listener, log, func() error {
		_, err := fmt.Fprintf(stdout, "directory %s\naddress %v\nuser %s\npassword %s\n", dir, listener.Addr(), demoUser, password)
		return err
	})
}
