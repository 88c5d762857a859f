package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"bbftp/cmd/bbftpd/internal/process"
	"bbftp/cmd/bbftpd/internal/settings"
	"bbftp/engine/server"
)

// connection is the client's, if standard input is one of TCP: then inetd(8), or a
// systemd socket that accepts, has started this process for it alone.
func connection(stdin *os.File) (*net.TCPConn, error) {
	info, err := stdin.Stat()
	if err != nil || info.Mode()&os.ModeSocket == 0 {
		return nil, nil // closed, a terminal, a file: started by hand
	}
	conn, err := net.FileConn(stdin)
	if err != nil {
		return nil, fmt.Errorf("standard input: %w", err)
	}
	tcp, ok := conn.(*net.TCPConn)
	switch {
	case !ok: // by hand as well: sshd(8) and supervisors give commands one of another kind
		_ = conn.Close()
		return nil, nil
	case tcp.RemoteAddr() == nil:
		_ = conn.Close()
		return nil, errNoPeer
	}
	return tcp, nil
}

var errNoPeer = errors.New("standard input: the client has gone, or inetd hands over its listening socket (wait instead of nowait)")

// shared tells whether f is the client's connection too, as inetd(8) makes all
// three standard files: what is written there reaches the client, paths and all,
// in the place of a message.
func shared(stdin, f *os.File) bool {
	in, err := stdin.Stat()
	if err != nil || in.Mode()&os.ModeSocket == 0 {
		return false
	}
	out, err := f.Stat()
	return err == nil && os.SameFile(in, out)
}

// single serves the one client of conn.
func single(ctx context.Context, o *settings.Options, conn *net.TCPConn) error {
	// Standard error may be the connection as well.
	logs, err := openLogs(o, io.Discard)
	if err != nil {
		return err
	}
	defer logs.close()
	s, closeServer, err := singleServer(o, logs)
	if err != nil {
		logs.log.Error("client not served", "client", conn.RemoteAddr().String(), "error", err)
		return err
	}
	defer closeServer()
	return s.ServeConn(ctx, conn)
}

// singleServer makes a server with the accounts of o, and gives up privileges.
func singleServer(o *settings.Options, logs *logs) (*server.Server, func(), error) {
	if o.SystemAccounts != "" {
		return nil, nil, errors.New("--system-accounts is of the daemon: inetd starts bbftpd with --users")
	}
	accounts, err := openAccounts(o, logs.log)
	if err != nil {
		return nil, nil, err
	}
	identity, err := loadIdentity(o, logs.log)
	if err != nil {
		return nil, nil, err
	}
	if err := process.Become(o.RunAs); err != nil {
		return nil, nil, err
	}
	if err := checkDirectories(o, accounts.list(), logs.log); err != nil {
		return nil, nil, err
	}
	return newServer(o, accounts, identity, logs)
}
