package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
)

// connection is the client's, if standard input is one: then inetd(8), or a
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
	if tcp, ok := conn.(*net.TCPConn); ok {
		return tcp, nil
	}
	_ = conn.Close()
	return nil, fmt.Errorf("standard input is a %s socket: inetd has to hand over a connection of TCP", conn.LocalAddr().Network())
}

// single serves the one client of conn.
func single(ctx context.Context, o *options, conn *net.TCPConn) error {
	// Standard error may be the connection as well.
	log, closeLog, err := newLog(o, io.Discard)
	if err != nil {
		return err
	}
	defer closeLog()
	users, err := loadUsers(o, log)
	if err != nil {
		return err
	}
	if err := settle(o, users, log); err != nil {
		return err
	}
	s, closeServer, err := newServer(o, users, log)
	if err != nil {
		return err
	}
	defer closeServer()
	return s.ServeConn(ctx, conn)
}
