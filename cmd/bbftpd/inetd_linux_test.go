package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// tcpFile is an accepted connection as a file, and its other end.
func tcpFile(t *testing.T) (*os.File, *net.TCPConn) {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	peer, err := net.DialTCP("tcp", nil, l.Addr().(*net.TCPAddr))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { peer.Close() })
	conn, err := l.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	f, err := conn.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, peer
}

// testInetdFailure: what is wrong with the daemon is for its log, not for the
// client, whose connection is standard error.
func testInetdFailure(t *testing.T, programs string) {
	daemon := filepath.Join(programs, "bbftpd")
	log := filepath.Join(t.TempDir(), "log")
	for _, options := range [][]string{
		{"--config", "none", "-R", "none", "-L", log, "--run-as", "nobody", "--users", "/nowhere/users"},
		{"-R", "/nowhere/start"},
		{"--no-such-option"},
	} {
		f, peer := tcpFile(t)
		cmd := exec.Command(daemon, options...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = f, f, f
		if err := cmd.Run(); err == nil {
			t.Errorf("%q: no failure", options)
		}
		f.Close()
		if err := peer.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if said, err := io.ReadAll(peer); err != nil || len(said) > 0 {
			t.Errorf("%q: the client is told %q (%v)", options, said, err)
		}
	}
	if b, err := os.ReadFile(log); err != nil || !strings.Contains(string(b), "client not served") || !strings.Contains(string(b), "/nowhere/users") {
		t.Errorf("the log does not say why (%v):\n%s", err, b)
	}
}

// testInetdDenied: who may come in is the same as with the daemon.
func testInetdDenied(t *testing.T, programs string) {
	daemon := filepath.Join(programs, "bbftpd")
	f, peer := tcpFile(t)
	options := append(withAlice(t, daemon, t.TempDir()), "--root", "/", "--deny", "127.0.0.0/8")
	cmd := exec.Command(daemon, options...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = f, f, f
	if err := cmd.Run(); err == nil {
		t.Error("no failure")
	}
	f.Close()
	if err := peer.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if said, err := io.ReadAll(peer); err != nil || !strings.Contains(string(said), "Address not allowed") {
		t.Errorf("the client is told %q (%v)", said, err)
	}
}

// testInetdNoPeer has a client that reset its connection before the daemon began.
func testInetdNoPeer(t *testing.T, programs string) {
	daemon := filepath.Join(programs, "bbftpd")
	f, peer := tcpFile(t)
	if err := peer.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	if err := peer.Close(); err != nil {
		t.Fatal(err)
	}
	// The reset is there once the socket has an event to report.
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}, 60_000)
		if n == 1 {
			break
		}
		if !errors.Is(err, unix.EINTR) {
			t.Fatal(n, err)
		}
	}
	cmd := exec.Command(daemon, "--config", "none", "-R", "none", "--users", "users")
	cmd.Stdin = f
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), errNoPeer.Error()) {
		t.Errorf("%v: %s", err, out)
	}
}

// testSocketStdin starts the daemon by hand where a program gave it a socket as
// standard input, as sshd(8) does.
func testSocketStdin(t *testing.T, programs string) {
	daemon := filepath.Join(programs, "bbftpd")
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	near, far := os.NewFile(uintptr(pair[0]), "near"), os.NewFile(uintptr(pair[1]), "far")
	defer near.Close()
	defer far.Close()
	options := append(withAlice(t, daemon, t.TempDir()), "-w", "0", "--bind", "127.0.0.1", "--root", "/")
	cmd := exec.Command(daemon, options...)
	cmd.Stdin = far
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	lines, serving := bufio.NewScanner(stderr), false
	for !serving && lines.Scan() {
		serving = strings.Contains(lines.Text(), "msg=serving")
	}
	if !serving {
		t.Error("the daemon does not serve")
	}
	_ = cmd.Process.Signal(os.Interrupt)
	_, _ = io.Copy(io.Discard, stderr)
	if err := cmd.Wait(); err != nil {
		t.Errorf("the daemon: %v", err)
	}
}

// testSystemdSocket refuses sockets that no control connection comes from.
func testSystemdSocket(t *testing.T, programs string) {
	daemon := filepath.Join(programs, "bbftpd")
	// A name that the kernel finds: a path might be too long for one of a socket.
	for network, address := range map[string]string{"udp": "127.0.0.1:0", "unix": ""} {
		var socket interface {
			io.Closer
			File() (*os.File, error)
		}
		if network == "udp" {
			conn, err := net.ListenPacket(network, address)
			if err != nil {
				t.Fatal(err)
			}
			socket = conn.(*net.UDPConn)
		} else {
			l, err := net.Listen(network, address)
			if err != nil {
				t.Fatal(err)
			}
			socket = l.(*net.UnixListener)
		}
		f, err := socket.File()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sh", "-c", `LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" --demo . -R none`, daemon)
		cmd.Dir, cmd.ExtraFiles = t.TempDir(), []*os.File{f}
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "not of TCP") {
			t.Errorf("%s: %v: %s", network, err, out)
		}
		f.Close()
		socket.Close()
	}
}
