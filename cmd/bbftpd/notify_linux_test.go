package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// manager is systemd's end of sd_notify(3).
type manager struct {
	*net.UnixConn
	t *testing.T
}

// hear waits for a message with what matches pattern and returns the message.
func (m manager) hear(pattern string) string {
	m.t.Helper()
	if err := m.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		m.t.Fatal(err)
	}
	buffer := make([]byte, 4096)
	for {
		n, err := m.Read(buffer)
		if err != nil {
			m.t.Fatalf("waiting for %s: %v", pattern, err)
		}
		if regexp.MustCompile(pattern).Match(buffer[:n]) {
			return string(buffer[:n])
		}
	}
}

// testNotify runs the daemon as systemd does: its socket, its watchdog, its reload
// and its stop.
func testNotify(t *testing.T, programs string) {
	daemon := filepath.Join(programs, "bbftpd")
	// A name that the kernel finds: a path might be too long for one of a socket.
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	systemd := manager{conn, t}

	options := append(withAlice(t, daemon, t.TempDir()), "--root", "/", "--bind", "127.0.0.1", "-w", "0")
	cmd := exec.Command("sh", append([]string{"-c", `WATCHDOG_PID=$$ exec "$0" "$@"`, daemon}, options...)...)
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+conn.LocalAddr().String(), fmt.Sprintf("WATCHDOG_USEC=%d", 50_000))
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // if it has not been waited for
		t.Logf("the daemon's log:\n%s", &said)
	}()

	systemd.hear(`READY=1\nSTATUS=serving on 127\.0\.0\.1:\d+`)
	for range 3 {
		systemd.hear(`^WATCHDOG=1$`)
	}
	checkHidden(t, cmd.Process.Pid)

	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	systemd.hear(`^RELOADING=1\nMONOTONIC_USEC=[1-9]\d+\nSTATUS=`)
	systemd.hear(`^READY=1\n`)
	systemd.hear(`^WATCHDOG=1$`)

	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	systemd.hear(`^STOPPING=1\nSTATUS=finishing`)
	limit := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	if err := cmd.Wait(); err != nil {
		t.Errorf("the daemon: %v", err)
	}
}

// checkHidden looks whether the process can leave a core file, and whether others
// may read its memory: then its files in /proc belong to root.
func checkHidden(t *testing.T, pid int) {
	t.Helper()
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`Max core file size +0 +0 `).Match(limits) {
		t.Errorf("core files are possible:\n%s", limits)
	}
	info, err := os.Stat(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		t.Fatal(err)
	}
	if uid := info.Sys().(*syscall.Stat_t).Uid; uid != 0 {
		t.Errorf("the memory can be read by user %d", uid)
	}
	if line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err != nil || strings.Contains(string(line), "secret") {
		t.Errorf("command line %q, %v", line, err)
	}
}
