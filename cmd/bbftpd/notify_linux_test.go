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
	if err := m.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
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
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := os.Chmod(socket, 0o777); err != nil { // for who the daemon becomes
		t.Fatal(err)
	}
	systemd := manager{conn, t}

	options := append(withAlice(t, daemon, dir), "--config", "none", "--root", os.TempDir(), "--bind", "127.0.0.1", "-w", "0")
	cmd := exec.Command("sh", append([]string{"-c", `WATCHDOG_PID=$$ exec "$0" "$@"`, daemon}, options...)...)
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+socket, fmt.Sprintf("WATCHDOG_USEC=%d", 50_000))
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	defer func() { t.Logf("the daemon's log:\n%s", &said) }()

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
