package legacy

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"bbftp/cmd/internal/terminal"
)

// backgroundEnv marks the process that goes on in the background (-b). Its
// descriptor 3 is a pipe on which it is handed the password, which thus is seen
// in no list of processes.
const (
	backgroundEnv = "BBFTP_DETACHED"
	passwordFD    = 3
)

func detached() bool { return os.Getenv(backgroundEnv) != "" }

// detach starts the program again in a session of its own.
func detach(args []string, password string, stdin *os.File, stdout, stderr io.Writer) error {
	program, err := os.Executable()
	if err != nil {
		return misusef(31, "Error forking while setting in background (%w)", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return misusef(31, "Error forking while setting in background (%w)", err)
	}
	defer func() { _ = w.Close() }()
	child := exec.Command(program, args...)
	child.Env = append(os.Environ(), backgroundEnv+"=1")
	child.Stdin, child.Stdout, child.Stderr = stdin, stdout, stderr
	child.ExtraFiles = []*os.File{r}
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = child.Start()
	_ = r.Close()
	if err == nil {
		_, err = io.WriteString(w, password+"\n") // a pipe holds far more
	}
	if err != nil {
		return misusef(31, "Error forking while setting in background (%w)", err)
	}
	return child.Process.Release()
}

// handedOver returns the password from the process that detached this one. What
// this one starts is no background process itself.
func handedOver() (string, error) {
	pipe := os.NewFile(passwordFD, "password")
	if pipe == nil {
		return "", fmt.Errorf("no descriptor %d", passwordFD)
	}
	defer func() { _ = pipe.Close() }()
	if err := os.Unsetenv(backgroundEnv); err != nil {
		return "", err
	}
	return terminal.FirstLine(pipe)
}
