package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"bbftp/bench/wan"
)

// serverPatience is how long a server may take until it listens.
const serverPatience = 30 * time.Second

// program is a server: a shell and what it started.
type program struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed at the end of the shell
}

// startServer runs a line of shell on host and returns once something listens
// there. What it writes goes to stderr: stdout is the command's.
func startServer(ctx context.Context, host *wan.Host, line string, port uint16, names []string, stderr io.Writer) (*program, error) {
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Env = append(os.Environ(), names...)
	cmd.Stdout, cmd.Stderr = stderr, stderr
	// In a group of its own Control-C does not reach it, and the command can
	// still finish with it; and all of it can be ended.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return nil } // end does it, after the command
	if err := host.Start(cmd); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	p := &program{cmd: cmd, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // its status is read from ProcessState
		close(p.ended)
	}()
	if err := p.listens(ctx, host, port); err != nil {
		p.end()
		return nil, err
	}
	return p, nil
}

// listens waits until the server can be connected to.
func (p *program) listens(ctx context.Context, host *wan.Host, port uint16) error {
	deadline := time.After(serverPatience)
	ended := p.ended
	for {
		var found bool
		if err := host.Do(func() (err error) {
			found, err = listening(port)
			return err
		}); err != nil {
			return fmt.Errorf("look whether the server listens: %w", err)
		}
		if found {
			return nil
		}
		select {
		case <-ended:
			// One that went into the background ends well.
			if s := p.cmd.ProcessState; !s.Success() {
				return fmt.Errorf("the server ended before it listened: %v", s)
			}
			ended = nil
		case <-time.After(5 * time.Millisecond):
		case <-deadline:
			return fmt.Errorf("the server does not listen after %v", serverPatience)
		case <-ctx.Done():
			return fmt.Errorf("wait until the server listens: %w", context.Cause(ctx))
		}
	}
}

// end asks the server and its children to end, and makes them. It may be called
// again.
func (p *program) end() {
	group := -p.cmd.Process.Pid
	_ = syscall.Kill(group, syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(grace):
	}
	_ = syscall.Kill(group, syscall.SIGKILL)
	<-p.ended
}

// listening reports whether a socket of the calling thread's network namespace
// waits for connections or, with UDP, for packets.
func listening(port uint16) (bool, error) {
	for _, table := range []struct {
		name  string
		state string // in the kernel's numbers: TCP_LISTEN, TCP_CLOSE (not connected)
	}{{"tcp", "0A"}, {"tcp6", "0A"}, {"udp", "07"}, {"udp6", "07"}} {
		f, err := os.Open("/proc/thread-self/net/" + table.name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // without IPv6
		}
		if err != nil {
			return false, err
		}
		found, err := findSocket(f, table.state, port)
		_ = f.Close()
		if found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// findSocket looks through a table as proc_net_tcp(5) describes it for a socket
// in that state at that local port, 0 being any.
func findSocket(table io.Reader, state string, port uint16) (bool, error) {
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || fields[3] != state {
			continue
		}
		_, local, _ := strings.Cut(fields[1], ":")
		n, err := strconv.ParseUint(local, 16, 16)
		if err == nil && (port == 0 || uint16(n) == port) {
			return true, nil
		}
	}
	return false, lines.Err()
}
