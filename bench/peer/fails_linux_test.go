package peer

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bbftp/bench/trial"
)

// fake makes a program that answers -v as name of this release would, and
// else does what text says.
func fake(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	body := fmt.Sprintf("#!/bin/sh\nif [ \"$1\" = -v ]; then echo '%s version 4.0.0 (fake)'; exit; fi\n%s\n", name, text)
	if err := os.WriteFile(path, []byte(body), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// fails runs a job that has to fail, and looks for words in its error.
func fails(t *testing.T, ctx context.Context, p Peer, j Job, words ...string) Outcome {
	t.Helper()
	o, err := p.Run(ctx, j)
	if err == nil {
		t.Fatal("it did not fail")
	}
	t.Log(err)
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error does not say %q: %v", w, err)
		}
	}
	childless(t)
	return o
}

func TestDeadServer(t *testing.T) {
	programs := ours(t)
	programs.Server = fake(t, "bbftpd", "echo no room on this ship >&2; exit 3")
	p := &bbftp{programs: programs}
	fails(t, t.Context(), p, loopback(t, trial.Cell{Version: 1}, 1), "bbftpd: ", "exit status 3", "no room on this ship")
}

// serving is what a server says that does nothing.
const serving = `echo '{"msg":"serving","address":"127.0.0.1:1"}' >&2`

func TestServerGone(t *testing.T) {
	p := &bbftp{programs: Programs{Client: fake(t, "bbftp", "sleep 1000"), Server: fake(t, "bbftpd", serving+"; echo sinking >&2")}}
	fails(t, t.Context(), p, loopback(t, trial.Cell{Version: 1}, 1), "bbftpd: ended early", "sinking")
}

func TestNoConnection(t *testing.T) {
	programs := ours(t)
	programs.Server = fake(t, "bbftpd", serving+"; exec sleep 1000")
	p := &bbftp{programs: programs}
	fails(t, t.Context(), p, loopback(t, trial.Cell{Version: 3}, 1), "bbftp: exit status", "Connection refused")
}

// TestHang has a client that does not end, does not want to, and has a child
// that does not either.
func TestHang(t *testing.T) {
	programs := ours(t)
	ready := filepath.Join(t.TempDir(), "ready")
	programs.Client = fake(t, "bbftp", fmt.Sprintf("trap '' TERM; sleep 1000 & echo deaf >&2; : >%s; while :; do sleep 1; done", ready))
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(ready); err == nil {
				cancel(fmt.Errorf("the trial's time is over"))
			}
			time.Sleep(time.Millisecond)
		}
	}()
	o := fails(t, ctx, &bbftp{programs: programs}, loopback(t, trial.Cell{Version: 2}, 1), "stopped: the trial's time is over", "deaf")
	if o.Began.IsZero() || !o.Ended.After(o.Began) {
		t.Errorf("the outcome has no times: %+v", o)
	}
}

func TestFullDisk(t *testing.T) {
	j := loopback(t, trial.Cell{Version: 3, Streams: 2}, 8<<20)
	j.Work = limited(t, 4<<20)
	fails(t, t.Context(), &bbftp{programs: ours(t)}, j, "bbftp: exit status 100", "space")

	j = loopback(t, trial.Cell{Version: 3, Streams: 2, Direction: trial.Get}, 8<<20)
	j.Work = limited(t, 4<<20)
	fails(t, t.Context(), &bbftp{programs: ours(t)}, j, "bbftp: exit status 79", "space")
}

// TestTarget moves a file to and from a server that runs already.
func TestTarget(t *testing.T) {
	programs := ours(t)
	served := t.TempDir()
	d, err := startDaemon(t.Context(), programs.Server, loopback(t, trial.Cell{Streams: 4}, 1), served)
	if err != nil {
		t.Fatal(err)
	}
	defer d.stop()
	programs.Target = Target{Host: d.host, Port: d.port, User: d.user, PasswordFile: d.passwordFile}
	p := &bbftp{programs: programs}
	const size = 3<<20 + 1
	for version := 1; version <= 3; version++ {
		for _, direction := range []string{trial.Put, trial.Get} {
			j := loopback(t, trial.Cell{Version: version, Direction: direction, Streams: 3}, size)
			j.Path, j.Target, j.Server = trial.Network, d.host, nil
			o, err := p.Run(t.Context(), j)
			if err != nil {
				t.Fatal(err)
			}
			if o.Bytes != size || o.Sender.Payload()+o.Receiver.Payload() != size || len(o.Warnings) != 0 {
				t.Errorf("version %d, %s: %+v", version, direction, o)
			}
			if left, err := os.ReadDir(served); err != nil || len(left) != 0 {
				t.Errorf("version %d, %s: left on the server: %v, %v", version, direction, left, err)
			}
		}
	}

	wrong := filepath.Join(t.TempDir(), "wrong")
	if err := os.WriteFile(wrong, []byte("wrong\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.programs.Target.PasswordFile = wrong
	j := loopback(t, trial.Cell{Version: 1}, size)
	j.Path, j.Server = trial.Network, nil
	if _, err := p.Run(t.Context(), j); err == nil || !strings.Contains(err.Error(), "Incorrect password") {
		t.Errorf("with a wrong password: %v", err)
	}
	d.stop()
	childless(t)
}

// limited is a file system of its own with room for so many bytes.
func limited(t *testing.T, size int64) string {
	t.Helper()
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs root, which the CI has to provide")
		}
		t.Skip("needs root: mounts a small file system")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=700", size)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}
