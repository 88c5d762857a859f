package replay

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/creack/pty"
)

// startAtTerminal starts a program at a terminal of its own, where the password
// is typed once it is asked for and echo is off. What end returns after the
// program's end is what the terminal showed.
func startAtTerminal(t *testing.T, cmd *exec.Cmd, password string) (end func() string) {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setsid, cmd.SysProcAttr.Setctty = true, true
	err = cmd.Start()
	_ = tty.Close()
	if err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	done := make(chan error, 1)
	go func() {
		var buffer [4096]byte
		for typed := password == ""; ; {
			n, err := master.Read(buffer[:])
			shown.Write(buffer[:n])
			if err != nil { // EIO when nobody has the terminal open
				done <- nil
				return
			}
			if !typed && bytes.Contains(shown.Bytes(), []byte("Password: ")) {
				typed = true
				if err := typeSecret(master, password); err != nil {
					done <- err
					return
				}
			}
		}
	}()
	return func() string {
		t.Helper()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("terminal: %v", err)
			}
		case <-time.After(patience):
			t.Fatal("somebody still has the terminal open")
		}
		return shown.String()
	}
}

// typeSecret types a line once echo is off: the prompt comes before, and typed
// in between the secret would show.
func typeSecret(master *os.File, secret string) error {
	for begin := time.Now(); ; time.Sleep(time.Millisecond) {
		var settings syscall.Termios
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), syscall.TCGETS, uintptr(unsafe.Pointer(&settings)))
		switch {
		case errno != 0:
			return errno
		case settings.Lflag&syscall.ECHO == 0:
			_, err := io.WriteString(master, secret+"\n")
			return err
		case time.Since(begin) > patience:
			return fmt.Errorf("echo was left on")
		}
	}
}
