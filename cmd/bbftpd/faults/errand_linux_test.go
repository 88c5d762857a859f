package faults

import (
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// errand is what a client is to do.
type errand struct {
	at        netip.AddrPort
	version   int
	operation string
	gzip      bool
	tries     int
	streams   int
	timeout   time.Duration
	dir       string // its own, where the local file is
	local     string
	remote    string
	more      []string
}

func (w *world) command(e errand) *exec.Cmd {
	args := []string{
		e.operation, "-w", strconv.Itoa(int(e.at.Port())), "-u", account, "--password-file", w.password(),
		"--protocol", strconv.Itoa(e.version), "-p", strconv.Itoa(e.streams), "--tries", strconv.Itoa(e.tries),
		"--retry-wait", "100ms", "--timeout", e.timeout.String(),
	}
	if e.gzip {
		args = append(args, "--compress=always")
	}
	args = append(args, e.more...)
	remote := e.at.Addr().String() + ":" + e.remote
	if e.operation == put {
		args = append(args, e.local, remote)
	} else {
		args = append(args, remote, e.local)
	}
	cmd := exec.Command(w.client(), args...)
	cmd.Dir = e.dir
	home := filepath.Join(e.dir, ".home") // what it remembers of hosts
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CACHE_HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_DATA_HOME="+home, "XDG_STATE_HOME="+home)
	return cmd
}

// finish runs a client to its end.
func (w *world) finish(h *host, e errand) error {
	p, err := launch(h, w.command(e))
	if err != nil {
		return err
	}
	if err := p.wait(2 * patience); err != nil {
		p.kill()
		return err
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return errors.New(strings.TrimSpace(p.stderr.String()))
	}
	return nil
}
