package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"bbftp/engine/control"
)

// shell is a running ssh. Its pipes are the control connection, and closing
// that ends it.
type shell struct {
	*control.Pipe
	cmd    *exec.Cmd
	ended  chan struct{}
	status error // of ssh, once ended is closed

	close sync.Once
}

// startShell runs line. The error is one of this machine.
func startShell(line []string, s *SSH) (*shell, error) {
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Stderr = s.Stderr
	// A helper of ssh may outlive it with stderr in its hands.
	cmd.WaitDelay = grace
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, theirIn.Close(), ourOut.Close())
	}
	cmd.Stdin, cmd.Stdout = theirIn, theirOut
	err = errors.Join(cmd.Start(), theirIn.Close(), theirOut.Close())
	if err != nil {
		if cmd.Process != nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		return nil, errors.Join(err, ourIn.Close(), ourOut.Close())
	}
	sh := &shell{Pipe: control.NewPipe(ourIn, ourOut), cmd: cmd, ended: make(chan struct{})}
	go func() {
		sh.status = cmd.Wait()
		close(sh.ended)
	}()
	return sh, nil
}

// grace is how long ssh may take to end by itself once its pipes are closed.
const grace = 2 * time.Second

// Close closes the pipes, and returns when ssh is gone.
func (sh *shell) Close() (err error) {
	sh.close.Do(func() { err = sh.Pipe.Close() })
	if !sh.wait(grace) {
		_ = sh.cmd.Process.Kill()
		<-sh.ended
	}
	return err
}

func (sh *shell) wait(limit time.Duration) bool {
	late := time.NewTimer(limit)
	defer late.Stop()
	select {
	case <-sh.ended:
		return true
	case <-late.C:
		return false
	}
}

const (
	// unreachable is the exit status of ssh itself (ssh(1)); all others are those
	// of the command it ran.
	unreachable = 255
	// notFound is that of a shell that does not find a command (POSIX sh, 2.8.2).
	notFound = 127
)

// verdictWithin is how long the exit status of ssh may take once its output has ended:
// as long as a busy machine needs to tell it.
const verdictWithin = 10 * time.Second

// failed words the end of a shell that said nothing: only another try tells
// whether the host was out of reach or does not know us.
func (sh *shell) failed(command string) error {
	if !sh.wait(verdictWithin) {
		return &BrokenError{fmt.Errorf("%s has closed its output", command)}
	}
	exit, ok := errors.AsType[*exec.ExitError](sh.status)
	switch {
	case ok && exit.ExitCode() == unreachable:
		return &ConnectError{fmt.Errorf("%s: %w", command, sh.status)}
	case ok && exit.ExitCode() == notFound:
		return &LoginError{fmt.Errorf("the server did not start: %s: %w: no such command there, it may need its full path", command, sh.status)}
	case sh.status != nil:
		return &LoginError{fmt.Errorf("the server did not start: %s: %w", command, sh.status)}
	}
	return &LoginError{fmt.Errorf("the server did not start: %s ended without a word", command)}
}

// abandon closes the shell when ctx ends, until stop is called.
func (sh *shell) abandon(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { _ = sh.Close() })
}
