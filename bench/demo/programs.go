package demo

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"bbftp/engine/transfer"
)

// Programs are the paths of the programs under test.
type Programs struct {
	Client, Server string
}

// daemon is a running bbftpd that serves one directory to one user.
type daemon struct {
	cmd       *exec.Cmd
	host      string
	port      string
	user      string
	passwords string // file with the one-time password
	transfers chan transfer.Paths
	failures  *tail
}

// startDaemon starts bbftpd on dir and waits until it serves. work takes the
// password file.
func startDaemon(ctx context.Context, program, dir, work string) (*daemon, error) {
	d := &daemon{
		cmd:       exec.CommandContext(ctx, program, "--demo", dir, "-w", "0", "--log-format", "json"),
		passwords: filepath.Join(work, "password"),
		transfers: make(chan transfer.Paths, 1),
		failures:  &tail{},
	}
	d.cmd.Cancel = func() error { return d.cmd.Process.Signal(syscall.SIGTERM) }
	d.cmd.WaitDelay = startLimit
	stdout, err := d.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := d.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := d.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	go d.readLog(stderr)
	announced := make(chan error, 1)
	go func() { announced <- d.readAnnouncement(stdout) }()
	select {
	case err = <-announced:
	case <-time.After(startLimit):
		err = fmt.Errorf("not serving after %v", startLimit)
	}
	if err != nil {
		_ = d.cmd.Process.Kill()
		_ = d.cmd.Wait()
		return nil, fmt.Errorf("start %s: %w%s", program, err, d.failures)
	}
	return d, nil
}

// readAnnouncement reads the lines "word value" a demo server prints.
func (d *daemon) readAnnouncement(r io.Reader) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		word, value, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "address":
			var err error
			if d.host, d.port, err = net.SplitHostPort(value); err != nil {
				return err
			}
		case "user":
			d.user = value
		case "password":
			return os.WriteFile(d.passwords, []byte(value+"\n"), 0o600)
		}
	}
	return errors.New("it ended without announcing itself")
}

// readLog passes on the figures of each transfer.
func (d *daemon) readLog(r io.Reader) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		var line struct {
			Msg   string         `json:"msg"`
			Paths transfer.Paths `json:"paths"`
		}
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "transfer" {
			d.transfers <- line.Paths
		}
		d.failures.add(lines.Text())
	}
}

func (d *daemon) stop() error {
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return d.cmd.Wait()
}

// trial moves one file with a client process of its own.
func (d *daemon) trial(ctx context.Context, client string, s Scenario, from, to string) (Result, error) {
	args := []string{
		"-u", d.user, "--password-file", d.passwords, "-w", d.port, "--protocol", "1", "--json",
		"-r", "1", "-p", strconv.Itoa(s.Streams), "-e", fmt.Sprintf("%s %s %s", s.Op, from, to),
	}
	if s.Compressed {
		args = append(args, "-c")
	}
	cmd := exec.CommandContext(ctx, client, append(args, d.host)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return Result{}, fmt.Errorf("%v: %w: %s", s, err, bytes.TrimSpace(stderr.Bytes()))
	}
	var event struct {
		Transfer *struct {
			Bytes   int64
			Seconds float64
			Paths   transfer.Paths
		}
	}
	if err := json.Unmarshal(stdout.Bytes(), &event); err != nil {
		return Result{}, fmt.Errorf("%v: read the client's report: %w", s, err)
	}
	if event.Transfer == nil {
		return Result{}, fmt.Errorf("%v: the client reported no transfer", s)
	}
	r := Result{Scenario: s, Bytes: event.Transfer.Bytes, Seconds: event.Transfer.Seconds, Client: event.Transfer.Paths}
	select {
	case r.Server = <-d.transfers:
		return r, nil
	case <-time.After(startLimit):
		return r, fmt.Errorf("%v: the server logged no transfer", s)
	}
}

// tail keeps the last lines of a log for an error text.
type tail struct {
	mu    sync.Mutex
	lines []string
}

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, line)
	if len(t.lines) > 5 {
		t.lines = t.lines[1:]
	}
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) == 0 {
		return ""
	}
	return ":\n" + strings.Join(t.lines, "\n")
}
