package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/user"
	"strings"
	"syscall"
	"time"

	"bbftp/cmd/bbftpd/internal/settings"
	"bbftp/engine/auth"
	"bbftp/engine/server"
)

// shell serves the user who came through ssh, over standard input and output.
// What the user may do is what the machine permits.
func shell(ctx context.Context, o *settings.Options, stdin, stdout *os.File) error {
	// Standard error is the user's terminal.
	logs, err := openLogs(o, io.Discard)
	if err != nil {
		return err
	}
	defer logs.close()
	me, err := user.Current()
	if err != nil {
		return fmt.Errorf("find the user: %w", err)
	}
	// Where the shell is: in the home directory, unless its command says otherwise.
	dir, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find the working directory: %w", err)
	}
	s, closeServer, err := newServer(o, nil, nil, logs)
	if err != nil {
		return err
	}
	defer closeServer()
	in, err := pollable(stdin, "standard input")
	if err != nil {
		return err
	}
	out, err := pollable(stdout, "standard output")
	if err != nil {
		return err
	}
	way := connectionOfSSH(os.Getenv("SSH_CONNECTION"))
	session := server.Shell{
		In: in, Out: out, Port: o.Port, Exchange: o.Exchange, Caller: way.client,
		Account: auth.Account{Name: me.Username, Dir: dir},
	}
	if o.Exchange {
		if session.Address, err = ownAddress(way, logs.log); err != nil {
			return err
		}
	}
	return s.ServeShell(ctx, session)
}

// pollable is f in the mode in which waiting for it can be limited.
func pollable(f *os.File, name string) (*os.File, error) {
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	// The original would keep the pipe open after the session closed its end.
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	pipe := os.NewFile(uintptr(fd), name)
	if err := pipe.SetDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("%s: neither pipe nor socket: -s is started by ssh: %w", name, err)
	}
	return pipe, nil
}

// sshWay is what sshd(8) tells of the connection a user came by.
type sshWay struct{ client, server netip.Addr }

// connectionOfSSH reads SSH_CONNECTION: client address and port, server address
// and port. What is missing or strange stays the zero Addr.
func connectionOfSSH(text string) sshWay {
	words := strings.Fields(text)
	if len(words) != 4 {
		return sshWay{}
	}
	client, _ := netip.ParseAddr(words[0])
	server, _ := netip.ParseAddr(words[2])
	return sshWay{client.Unmap(), server.Unmap()}
}

// ownAddress is the IPv4 address to tell a client that is not to call back: the
// one it reached by ssh, else the first of this machine.
func ownAddress(way sshWay, log *slog.Logger) (netip.Addr, error) {
	if way.server.Is4() {
		return way.server, nil
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return netip.Addr{}, fmt.Errorf("-A: find an address of this machine: %w", err)
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && !p.Addr().IsLoopback() {
			log.Warn("the shell does not say by which address the client came", "telling", p.Addr().String())
			return p.Addr(), nil
		}
	}
	return netip.Addr{}, errors.New("-A: this machine has no IPv4 address but loopback's")
}
