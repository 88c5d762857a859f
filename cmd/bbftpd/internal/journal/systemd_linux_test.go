package journal

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	journalOfChild = "BBFTPD_TEST_JOURNAL"
	journalSocket  = "/run/systemd/journal/socket"
)

// TestJournal speaks to a journal as systemd's, in a place of its own: the test
// runs again where it may put a socket below /run.
func TestJournal(t *testing.T) {
	if os.Getenv(journalOfChild) != "" {
		toJournal(t)
		return
	}
	child := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestJournal$", "-test.v")
	child.Env = append(os.Environ(), journalOfChild+"=1")
	child.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		child.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		child.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{Size: 1, HostID: os.Geteuid()}}
		child.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{Size: 1, HostID: os.Getegid()}}
	}
	out, err := child.CombinedOutput()
	if errors.Is(err, syscall.EPERM) && os.Getenv("CI") != "true" {
		t.Skip("this machine lets nobody have mounts of his own:", err)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func toJournal(t *testing.T) {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", "/run", "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	if l, err := Open(Config{Format: "journal", Out: os.Stderr}); err == nil {
		_ = l.Close()
		t.Error("no error without a journal")
	} else if !strings.Contains(err.Error(), journalSocket) {
		t.Error(err)
	}
	if err := os.MkdirAll("/run/systemd/journal", 0o755); err != nil {
		t.Fatal(err)
	}
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: journalSocket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()

	l, err := Open(Config{Format: "journal", Out: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	l.Logger().With("user", "alice\nPRIORITY=0").Warn("transfer failed", slog.Group("paths", "splice", 7))
	closing(t, l)
	if l.Dropped() != 0 {
		t.Error(l.Dropped())
	}
	_ = socket.SetReadDeadline(time.Now().Add(time.Minute))
	packet := make([]byte, 64<<10)
	n, err := socket.Read(packet)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]bool{}
	for _, field := range strings.Split(strings.TrimSuffix(string(packet[:n]), "\n"), "\n") {
		fields[field] = true
	}
	for _, want := range []string{
		"PRIORITY=4", "SYSLOG_IDENTIFIER=bbftpd", `BBFTP_USER=alice\nPRIORITY=0`, "BBFTP_PATHS_SPLICE=7",
		`MESSAGE=transfer failed user="alice\nPRIORITY=0" paths.splice=7`,
	} {
		if !fields[want] {
			t.Errorf("no %s in %q", want, packet[:n])
		}
	}
	if len(fields) != 5 {
		t.Errorf("%d fields: %q", len(fields), packet[:n])
	}
}
