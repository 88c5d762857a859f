package peer

import (
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"bbftp/bench/trial"
)

// refusing is a host where nobody may make user namespaces, as in a container.
type refusing struct{ Host }

func (r refusing) Start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr.Cloneflags&syscall.CLONE_NEWUSER != 0 {
		return &fs.PathError{Op: "fork/exec", Path: cmd.Path, Err: syscall.EPERM}
	}
	return r.Host.Start(cmd)
}

// TestRootWithoutNamespaces is root in a container: bbftpd serves it over
// loopback all the same.
func TestRootWithoutNamespaces(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs root: bbftpd gives it up here")
		}
		t.Skip("needs root: bbftpd gives it up here")
	}
	p, err := Find("bbftp", ours(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, direction := range []string{trial.Put, trial.Get} {
		j := loopback(t, trial.Cell{Version: 1, Direction: direction, Streams: 2}, 300_000)
		j.Server = refusing{j.Server}
		if o := run(t, p, j); o.Bytes != 300_000 {
			t.Errorf("%s moved %d bytes", direction, o.Bytes)
		}
	}
}
