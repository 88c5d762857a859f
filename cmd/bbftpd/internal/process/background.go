package process

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// readyEnv marks the detached process. Its descriptor 3 is the pipe on which
// it reports to the one that was started at the terminal: "ready", or nothing
// but what it wrote to standard error.
const (
	readyEnv = "BBFTPD_DETACHED"
	readyFD  = 3
	ready    = "ready"
)

// Detached tells whether [Detach] has started this process.
func Detached() bool { return os.Getenv(readyEnv) != "" }

// Detach starts this program again in a session of its own and waits until it
// serves, so that whoever starts it learns of a failure, and of its number by stdout.
func Detach(stdout io.Writer) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("detach: %w", err)
	}
	report, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("detach: %w", err)
	}
	defer func() { _ = report.Close() }()
	child := exec.Command(program, os.Args[1:]...)
	child.Env = append(os.Environ(), readyEnv+"=1")
	child.Stderr = w // until it serves
	child.ExtraFiles = []*os.File{w}
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = child.Start()
	_ = w.Close()
	if err != nil {
		return fmt.Errorf("detach: %w", err)
	}
	said, err := io.ReadAll(report)
	if err != nil {
		return fmt.Errorf("detach: %w", err)
	}
	text, serving := strings.CutSuffix(string(said), ready)
	if !serving {
		_ = child.Wait()
		return errors.New(strings.TrimPrefix(strings.TrimSpace(text), "bbftpd: "))
	}
	_, err = fmt.Fprintf(stdout, "%sbbftpd: serving in the background, process %d\n", text, child.Process.Pid)
	return err
}

// Settle tells the process at the terminal that clients may come, and lets go of the
// terminal. What is written to standard error later is lost.
func Settle() error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("detach: %w", err)
	}
	defer func() { _ = null.Close() }()
	pipe := os.NewFile(readyFD, "readiness pipe")
	if _, err := pipe.WriteString(ready); err != nil {
		return fmt.Errorf("detach: %w", err)
	}
	if err := replaceStderr(null); err != nil {
		return fmt.Errorf("detach: %w", err)
	}
	// Every name in the settings has been made absolute.
	if err := os.Chdir("/"); err != nil {
		return fmt.Errorf("detach: %w", err)
	}
	return pipe.Close()
}
