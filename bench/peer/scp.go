package peer

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"bbftp/bench/trial"
)

// scp copies over ssh, with an sshd of its own: private keys, and a private
// account as the legacy server's (serveInetd).
type scp struct{}

func (scp) Name() string { return SCP }

func (scp) Version(ctx context.Context) (string, error) {
	programs, err := findSSH()
	if err != nil {
		return "", err
	}
	return firstLine(ctx, programs.ssh, "-V") // scp has no such option
}

// sshPrograms are the paths of what it takes.
type sshPrograms struct{ scp, ssh, keygen, sshd string }

func findSSH() (p sshPrograms, err error) {
	var errs []error
	for _, program := range []struct {
		name string
		path *string
	}{{"scp", &p.scp}, {"ssh", &p.ssh}, {"ssh-keygen", &p.keygen}, {"sshd", &p.sshd}} {
		if *program.path, err = lookUp(program.name); err != nil {
			errs = append(errs, err)
		}
	}
	return p, errors.Join(errs...)
}

func (scp) Supports(c trial.Cell) error { return single(SCP, c) }

func (p scp) Run(ctx context.Context, j Job) (Outcome, error) {
	if err := p.Supports(j.Cell); err != nil {
		return Outcome{}, err
	}
	programs, err := findSSH()
	if err != nil {
		return Outcome{}, err
	}
	return copyFile(ctx, SCP, &sshCopy{programs: programs, keys: sshKeys(j.Work)}, j)
}

type sshCopy struct {
	programs sshPrograms
	keys     sshKeys
	at       netip.AddrPort
}

// sshKeys is the directory of the keys of both sides.
type sshKeys string

func (k sshKeys) host() string       { return filepath.Join(string(k), "host-key") }
func (k sshKeys) user() string       { return filepath.Join(string(k), "user-key") }
func (k sshKeys) knownHosts() string { return filepath.Join(string(k), "known-hosts") }
func (k sshKeys) config() string     { return filepath.Join(string(k), "sshd-config") }

// separated is the user that sshd gives its first steps to.
const separated = "sshd:*:65534:65534::/run/sshd:/bin/false\n"

func (p *sshCopy) serve(ctx context.Context, j Job, s *stage) (*process, error) {
	for _, key := range []string{p.keys.host(), p.keys.user()} {
		if out, err := exec.CommandContext(ctx, p.programs.keygen, "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("ssh-keygen: %w: %s", err, strings.TrimSpace(string(out)))
		}
	}
	if err := os.WriteFile(p.keys.config(), []byte(p.keys.sshdConfig()), 0o600); err != nil {
		return nil, err
	}
	server, at, err := startAccount(ctx, j, private{
		name:   "sshd",
		passwd: passwdLine("*", s.served) + separated,
		shadow: account + ":*:19000:0:99999:7:::\n",
		argv:   []string{p.programs.sshd, "-i", "-e", "-f", p.keys.config()},
	})
	if err != nil {
		return nil, err
	}
	p.at = at
	public, err := os.ReadFile(p.keys.host() + ".pub")
	if err == nil {
		known := fmt.Sprintf("[%s]:%d %s", at.Addr(), at.Port(), public)
		err = os.WriteFile(p.keys.knownHosts(), []byte(known), 0o600)
	}
	if err != nil {
		server.stop()
		return nil, err
	}
	return server, nil
}

// sshdConfig lets one key in.
func (k sshKeys) sshdConfig() string {
	return strings.Join([]string{
		"HostKey " + k.host(),
		"AuthorizedKeysFile " + k.user() + ".pub",
		"PasswordAuthentication no",
		"KbdInteractiveAuthentication no",
		"PermitRootLogin prohibit-password",
		"StrictModes no",
		"UsePAM no",
		"PidFile none",
		"PrintMotd no",
		"Subsystem sftp internal-sftp",
		"",
	}, "\n")
}

func (p *sshCopy) command(c trial.Cell, s *stage) (*exec.Cmd, error) {
	return exec.Command(p.programs.scp, p.args(c, s)...), nil
}

// args keep nobody's settings, keys and agents.
func (p *sshCopy) args(c trial.Cell, s *stage) []string {
	args := []string{
		"-q", "-B", "-F", "none", "-S", p.programs.ssh, "-i", p.keys.user(), "-P", strconv.Itoa(int(p.at.Port())),
		"-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "StrictHostKeyChecking=yes",
		"-o", "UserKnownHostsFile=" + p.keys.knownHosts(),
	}
	if c.Compressed {
		args = append(args, "-C")
	}
	remote := fmt.Sprintf("%s@%s:%s", account, p.at.Addr(), filepath.Join(s.served, s.name()))
	if c.Direction == trial.Put {
		return append(args, s.name(), remote)
	}
	return append(args, remote, s.name())
}
