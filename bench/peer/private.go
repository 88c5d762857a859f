package peer

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// private is a server that serves accounts of the system, for which it gets a
// system with one account: whoever runs the bench.
type private struct {
	name           string // for people
	passwd, shadow string // contents of the files
	argv           []string
}

// startAccount starts a private server.
func startAccount(ctx context.Context, j Job, p private) (*process, netip.AddrPort, error) {
	passwd, shadow := filepath.Join(j.Work, "passwd"), filepath.Join(j.Work, "shadow")
	for _, f := range []struct{ path, text string }{{passwd, p.passwd}, {shadow, p.shadow}} {
		if err := os.WriteFile(f.path, []byte(f.text), 0o600); err != nil {
			return nil, netip.AddrPort{}, err
		}
	}
	server, at, err := startInetd(ctx, j.Server, p.name, passwd, shadow, p.argv, ownNamespaces)
	if err != nil && server == nil {
		err = fmt.Errorf("%w (it takes root, or a user namespace around the bench)", err)
	}
	return server, at, err
}

// startInetd starts serveInetd for a program and waits until it listens. It
// counts the CPU time of all that is started below it. within says what the
// process is to be run in.
func startInetd(ctx context.Context, h Host, name, passwd, shadow string, argv []string, within func(*exec.Cmd)) (*process, netip.AddrPort, error) {
	cmd, err := helper(append([]string{helpInetd, h.Addr().String(), passwd, shadow}, argv...)...)
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	within(cmd)
	var once sync.Once
	listening := make(chan string, 1)
	server, err := start(h, program{name: name, cmd: cmd, stdout: func(line string) {
		once.Do(func() { listening <- line })
	}})
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	server.starter = true
	text, err := announced(ctx, server, listening)
	if err != nil {
		return server, netip.AddrPort{}, err
	}
	at, err := netip.ParseAddrPort(text)
	if err != nil {
		server.stop()
		return server, netip.AddrPort{}, server.failed(err)
	}
	return server, at, nil
}

// passwdLine is the account.
func passwdLine(hash, home string) string {
	return fmt.Sprintf("%s:%s:%d:%d::%s:/bin/sh\n", account, hash, accountID(), accountID(), home)
}
