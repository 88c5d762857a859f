package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// withAlice makes a users file with alice in dir and returns the options that
// serve it, whoever runs the test.
func withAlice(t *testing.T, daemon, dir string) []string {
	t.Helper()
	passwd := exec.Command(daemon, "passwd", "users", "alice")
	passwd.Stdin, passwd.Dir = strings.NewReader("secret\n"), dir
	if out, err := passwd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	options := []string{"--config", "none", "--users", filepath.Join(dir, "users"), "-R", "none"}
	if os.Geteuid() == 0 {
		options = append(options, "--run-as", "nobody")
	}
	return options
}

// testInherited gives the daemon its socket as inetd(8) and systemd.socket(5) do:
// the connection as standard input, the listening socket as descriptor 3.
func testInherited(t *testing.T, programs string) {
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	daemon, client := filepath.Join(programs, "bbftpd"), filepath.Join(programs, "bbftp")
	served := filepath.Join(dir, "served")
	if err := os.Mkdir(served, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(served, 0o777); err != nil { // for whoever the daemon becomes
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data"), bytes.Repeat([]byte("bbftp"), 50_000), 0o644); err != nil {
		t.Fatal(err)
	}
	options := append(withAlice(t, daemon, dir), "--root", served, "-L", filepath.Join(dir, "log"))
	for _, tt := range []struct {
		name  string
		start func(*testing.T, *net.TCPListener) *exec.Cmd
	}{
		{"inetd", func(t *testing.T, l *net.TCPListener) *exec.Cmd {
			conn, err := l.AcceptTCP()
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			f, err := conn.File()
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			cmd := exec.Command(daemon, options...)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = f, f, f
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			return cmd
		}},
		{"systemd", func(t *testing.T, l *net.TCPListener) *exec.Cmd {
			f, err := l.File()
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			// The receiver checks that it is meant: the shell knows its number.
			cmd := exec.Command("sh", append([]string{"-c", `LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"`, daemon}, options...)...)
			cmd.ExtraFiles = []*os.File{f}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			return cmd
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if err := l.SetDeadline(time.Now().Add(time.Minute)); err != nil { // of a client that does not come
				t.Fatal(err)
			}
			port := fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
			copied := make(chan string, 1)
			go func() {
				put := exec.Command(client, "put", "--tries", "1", "-w", port, "data", "alice@127.0.0.1:"+tt.name)
				put.Stdin, put.Dir = strings.NewReader("secret\n"), dir
				out, err := put.CombinedOutput()
				if err != nil {
					copied <- fmt.Sprintf("%v: %s", err, out)
				}
				close(copied)
			}()
			server := tt.start(t, l)
			if failure := <-copied; failure != "" {
				log, _ := os.ReadFile(filepath.Join(dir, "log"))
				t.Errorf("%s\nthe daemon's log:\n%s", failure, log)
			}
			if tt.name == "systemd" {
				if err := server.Process.Signal(os.Interrupt); err != nil {
					t.Error(err)
				}
			}
			if err := server.Wait(); err != nil {
				t.Errorf("the daemon: %v", err)
			}
			want, err := os.ReadFile(filepath.Join(dir, "data"))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(filepath.Join(served, tt.name)); err != nil || !bytes.Equal(got, want) {
				t.Errorf("stored %d bytes, want %d, %v", len(got), len(want), err)
			}
		})
	}
}
