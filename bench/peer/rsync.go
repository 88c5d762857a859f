package peer

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"

	"bbftp/bench/trial"
)

// rsync copies from and to a daemon of its own, without a remote shell.
type rsync struct{}

func (rsync) Name() string { return Rsync }

func (rsync) Version(ctx context.Context) (string, error) {
	path, err := lookUp("rsync")
	if err != nil {
		return "", err
	}
	return firstLine(ctx, path, "--version")
}

func (rsync) Supports(c trial.Cell) error { return single(Rsync, c) }

func (p rsync) Run(ctx context.Context, j Job) (Outcome, error) {
	if err := p.Supports(j.Cell); err != nil {
		return Outcome{}, err
	}
	return copyFile(ctx, Rsync, &rsyncCopy{}, j)
}

type rsyncCopy struct{ at netip.AddrPort }

func (p *rsyncCopy) serve(ctx context.Context, j Job, s *stage) (*process, error) {
	path, err := lookUp("rsync")
	if err != nil {
		return nil, err
	}
	config := filepath.Join(j.Work, "rsyncd.conf")
	if err := os.WriteFile(config, []byte(rsyncConfig(s.served, filepath.Join(j.Work, "rsyncd.log"))), 0o600); err != nil {
		return nil, err
	}
	// Unprivileged: as root it would become nobody, who sees none of our files.
	server, at, err := startInetd(ctx, j.Server, "rsync daemon", "", "", append([]string{path}, rsyncDaemonArgs(config)...), unprivileged)
	p.at = at
	return server, err
}

// rsyncModule is what the served directory is called.
const rsyncModule = "bench"

func rsyncConfig(dir, log string) string {
	return fmt.Sprintf("use chroot = no\nlog file = %s\n[%s]\npath = %s\nread only = no\n", log, rsyncModule, dir)
}

// rsyncDaemonArgs are for a daemon whose standard input is the connection.
func rsyncDaemonArgs(config string) []string { return []string{"--daemon", "--config=" + config} }

func (p *rsyncCopy) command(c trial.Cell, s *stage) (*exec.Cmd, error) {
	path, err := lookUp("rsync")
	return exec.Command(path, rsyncArgs(c, p.at, s.name())...), err
}

// rsyncArgs ask for whole files: there is nothing at the other end to compare
// with.
func rsyncArgs(c trial.Cell, at netip.AddrPort, name string) []string {
	args := []string{"--whole-file"}
	if c.Compressed {
		args = append(args, "--compress")
	}
	remote := fmt.Sprintf("rsync://%s/%s/%s", at, rsyncModule, name)
	if c.Direction == trial.Put {
		return append(args, name, remote)
	}
	return append(args, remote, name)
}
