package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"bbftp/bench/wan"
)

// The statuses of our own failures and of a command that could not be run, as
// env(1) and timeout(1) have them.
const (
	wanFailed     = 125
	wanNotRunning = 126
	wanNotFound   = 127
	signalStatus  = 128 // and the signal's number, as a shell says it
)

// grace is how long a program has to end after it was asked to.
const grace = 10 * time.Second

// across runs the command on the client host, with the server on the other one.
func across(ctx context.Context, o wanOptions, stdout, stderr io.Writer) error {
	path, err := wan.Open(ctx, o.path)
	if err != nil {
		return exit{wanFailed, err}
	}
	defer path.Close()
	names := []string{
		"BBBENCH_CLIENT=" + path.Client().Addr().String(),
		"BBBENCH_SERVER=" + path.Server().Addr().String(),
	}
	fill := strings.NewReplacer("{client}", path.Client().Addr().String(), "{server}", path.Server().Addr().String())

	var server *program
	if o.server != "" {
		if server, err = startServer(ctx, path.Server(), fill.Replace(o.server), o.port, names, stderr); err != nil {
			return exit{wanFailed, err}
		}
		defer server.end()
	}
	began := time.Now()
	status, err := runCommand(ctx, path.Client(), fillAll(fill, o.command), names, stdout, stderr)
	if err != nil {
		return exit{status, err}
	}
	seconds := time.Since(began).Seconds()
	if server != nil {
		server.end()
	}
	report, err := path.Close()
	if err != nil {
		return exit{wanFailed, err}
	}
	fmt.Fprint(stderr, summary(o, report))
	if o.json != "" {
		if err := writeWANReport(o, report, seconds, status); err != nil {
			return exit{wanFailed, err}
		}
	}
	return exited(status)
}

func fillAll(fill *strings.Replacer, words []string) []string {
	var filled []string
	for _, w := range words {
		filled = append(filled, fill.Replace(w))
	}
	return filled
}

// runCommand runs a command to its end and returns its status, or why it could
// not be run and the status for that.
func runCommand(ctx context.Context, host *wan.Host, words, names []string, stdout, stderr io.Writer) (int, error) {
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = append(os.Environ(), names...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, stdout, stderr
	// It is asked to end, and has time to say what it has to say.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = grace
	if err := host.Start(cmd); err != nil {
		status := wanNotRunning
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
			status = wanNotFound
		}
		return status, fmt.Errorf("run %s: %w", words[0], err)
	}
	err := cmd.Wait()
	if cmd.ProcessState == nil {
		return wanFailed, fmt.Errorf("wait for %s: %w", words[0], err)
	}
	return statusOf(cmd.ProcessState), nil
}

func statusOf(s *os.ProcessState) int {
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return signalStatus + int(w.Signal())
	}
	return s.ExitCode()
}
