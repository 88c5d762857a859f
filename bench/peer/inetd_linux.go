package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// helpInetd is the argument of serveInetd.
const helpInetd = "inetd"

// serveInetd is an inetd(8) for one program. Its arguments are the address to
// listen at, files to take the places of /etc/passwd and /etc/shadow, and the
// program with its arguments. It writes the address it got.
//
// With accounts it has to be the first process of new mount and PID namespaces:
// they exist only there, and its end is that of all sessions. With "" for both
// files the system's accounts stay.
func serveInetd(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) < 4 {
		return errors.New("inetd: want ADDRESS, PASSWD, SHADOW and PROGRAM")
	}
	switch {
	case args[1] == "":
		// Whose parents have ended become ours.
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			return fmt.Errorf("inetd: %w", err)
		}
	case os.Getpid() != 1:
		return errors.New("inetd: not in namespaces of its own")
	default:
		if err := furnish(args[1], args[2]); err != nil {
			return err
		}
	}
	l, err := net.Listen("tcp", net.JoinHostPort(args[0], "0"))
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(stdout, l.Addr()); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	ended := make(chan struct{})
	stop := make(chan struct{})
	go func() {
		defer close(ended)
		reap(stop)
	}()
	for {
		conn, err := l.Accept()
		if err != nil {
			break // told to end
		}
		err = hand(conn.(*net.TCPConn), args[3:])
		_ = conn.Close()
		if err != nil {
			return err
		}
	}
	close(stop)
	<-ended
	return nil
}

// furnish puts the accounts in place, where only this process and its children
// see them.
func furnish(passwd, shadow string) error {
	for _, m := range []struct {
		from, to, kind string
		flags          uintptr
		options        string
	}{
		{"", "/", "", syscall.MS_REC | syscall.MS_PRIVATE, ""},
		{passwd, "/etc/passwd", "", syscall.MS_BIND, ""},
		{shadow, "/etc/shadow", "", syscall.MS_BIND, ""},
		// Where name service caches answer, who know other accounts.
		{"tmpfs", "/run", "tmpfs", 0, "mode=755,size=1m"},
	} {
		if err := syscall.Mount(m.from, m.to, m.kind, m.flags, m.options); err != nil {
			return fmt.Errorf("mount on %s: %w", m.to, err)
		}
	}
	// Where sshd wants an empty directory.
	if err := os.Mkdir("/run/sshd", 0o755); err != nil {
		return err
	}
	// A legacy server closes every descriptor it may have, and waits with select.
	const descriptors = 1024
	return errors.Join(
		syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: descriptors, Max: descriptors}),
		syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}),
	)
}

// hand starts the program on a connection.
func hand(conn *net.TCPConn, argv []string) error {
	f, err := conn.File()
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	// What inetd hands over blocks.
	if err := syscall.SetNonblock(int(f.Fd()), false); err != nil {
		return err
	}
	p, err := os.StartProcess(argv[0], argv, &os.ProcAttr{Dir: "/", Files: []*os.File{f, f, os.Stderr}})
	if err != nil {
		return err
	}
	return p.Release()
}

// pollInterval is the pause between two looks for ended children.
const pollInterval = 5 * time.Millisecond

// sessionGrace is how long sessions may take to end once their client is gone.
const sessionGrace = time.Second

// reap collects children, also those that lost their parents: only then does
// their CPU time count. Once stop is closed it waits for those left, and then
// ends them.
func reap(stop <-chan struct{}) {
	var overdue <-chan time.Time
	for {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		switch {
		case pid > 0 || errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.ECHILD) && overdue != nil:
			return
		}
		select {
		case <-stop:
			stop, overdue = nil, time.After(sessionGrace)
		case <-overdue:
			if os.Getpid() != 1 {
				return // the one who started us ends our group
			}
			// All of this PID namespace but this process.
			_ = syscall.Kill(-1, syscall.SIGKILL)
			overdue = make(chan time.Time)
		case <-time.After(pollInterval):
		}
	}
}
