package programtest

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"
)

// terminal runs a program at a terminal of its own.
func terminal(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 3, "terminal STATUS DIALOGUE PROGRAM [ARGUMENT...]")
	master, tty, err := pty.Open()
	ts.Check(err)
	defer func() { _ = master.Close() }()
	defer func() { _ = tty.Close() }()
	ts.Check(pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: 80}))
	cmd := exec.Command(filepath.Join(stateOf(ts).programs, args[2]), args[3:]...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), environment(ts)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	ts.Check(cmd.Start())
	ts.Defer(func() { _ = cmd.Process.Kill() })

	var shown output
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(&shown, master) // ends with EIO when nobody has the terminal open
	}()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	expected := 0
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		word, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch word {
		case "expect":
			eventually(ts, line, func() bool {
				at := bytes.Index([]byte(shown.String())[expected:], []byte(text))
				if at >= 0 {
					expected += at + len(text)
				}
				return at >= 0
			})
		case "secret":
			// The prompt comes before echo goes; typed in between, it would show.
			eventually(ts, "echo off", func() bool { return !echoes(ts, tty) })
			_, err = io.WriteString(master, text+"\r")
		case "interrupt":
			eventually(ts, "echo off", func() bool { return !echoes(ts, tty) })
			_, err = io.WriteString(master, "\x03")
		case "break":
			_, err = io.WriteString(master, "\x03")
		default:
			ts.Fatalf("dialogue: unknown line %q", line)
		}
		ts.Check(err)
	}
	select {
	case <-ended:
	case <-time.After(patience):
		ts.Fatalf("it has not ended; the terminal shows %q", shown.String())
	}
	restored := echoes(ts, tty)
	_ = tty.Close()
	<-read
	_, _ = ts.Stdout().Write(bytes.ReplaceAll([]byte(shown.String()), []byte("\r\n"), []byte("\n")))
	checkStatus(ts, args[0], cmd.ProcessState.ExitCode())
	if !restored {
		ts.Fatalf("the terminal was left without echo")
	}
}

func eventually(ts *testscript.TestScript, what string, holds func() bool) {
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("waited in vain for %q", what)
		}
	}
}

// echoes tells whether the terminal shows what is typed.
func echoes(ts *testscript.TestScript, tty *os.File) bool {
	var settings syscall.Termios
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, tty.Fd(), syscall.TCGETS, uintptr(unsafe.Pointer(&settings)))
	if errno != 0 {
		ts.Fatalf("read the terminal's settings: %v", errno)
	}
	return settings.Lflag&syscall.ECHO != 0
}
