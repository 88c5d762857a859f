package faults

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// bbftpd is the daemon on a host, again and again on the same port.
type bbftpd struct {
	*process
	world   *world
	host    *host
	root    string
	address netip.AddrPort
	metrics netip.AddrPort // of HTTP
	args    []string       // further ones
	wrap    []string       // the command that starts it, if any
	limits  string         // file of setackto and its like
	system  bool           // serves the system's accounts
	before  strings.Builder
}

// ports of the daemons: each has one to itself, and the one below for data
// streams. They are below those that the kernel gives away.
const firstPort = 1024

// serve starts a daemon with these seconds for data, ACKs and messages.
func (w *world) serve(h *host, root string, seconds int, args ...string) (*bbftpd, error) {
	s, err := w.newServer(h, root, seconds, args...)
	if err != nil {
		return nil, err
	}
	return s, s.start()
}

// newServer makes one that is still to be started.
func (w *world) newServer(h *host, root string, seconds int, args ...string) (*bbftpd, error) {
	port := firstPort + 3*w.number()
	s := &bbftpd{
		world: w, host: h, root: root, args: args,
		address: netip.AddrPortFrom(h.addr(), uint16(port)),
		metrics: netip.AddrPortFrom(h.addr(), uint16(port+1)),
		limits:  filepath.Join(w.Work, fmt.Sprintf("limits%d", port)),
	}
	var text strings.Builder
	for _, name := range []string{"setackto", "setrecvcontrolto", "setsendcontrolto", "setdatato"} {
		fmt.Fprintf(&text, "%s %d\n", name, seconds)
	}
	if err := os.WriteFile(s.limits, []byte(text.String()), 0o644); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *bbftpd) start() error {
	args := append(append([]string{}, s.wrap...), s.world.daemon())
	if s.system {
		args = append(args, "--system-accounts")
	} else {
		args = append(args, "--users", s.world.users(), "--root", s.root)
	}
	args = append(args, "--run-as", serverUser, "--reserve", "0", "-R", s.limits,
		"-w", strconv.Itoa(int(s.address.Port())), "--bind", s.address.Addr().String(),
		"--config", "none", "--metrics", s.metrics.String())
	p, err := launch(s.host, exec.Command(args[0], append(args[1:], s.args...)...))
	if err != nil {
		return err
	}
	s.process = p
	if !await(func() bool { return strings.Contains(p.stderr.String(), "msg=serving") || !p.alive() }) || !p.alive() {
		return fmt.Errorf("bbftpd does not serve: %s", p.stderr.String())
	}
	return nil
}

// again kills it and starts it anew, as a supervisor would.
func (s *bbftpd) again() error {
	s.kill()
	s.before.WriteString(s.stderr.String())
	return s.start()
}

// log is all that it has written, in its former lives too.
func (s *bbftpd) log() string { return s.before.String() + s.stderr.String() }

// idle tells whether the daemon counts nobody and nothing any more.
func (s *bbftpd) idle() bool {
	counted, err := s.gauges()
	return err == nil && counted == gauges{}
}

// ended tells whether all sessions that a log tells of have.
func ended(log string) bool {
	return strings.Count(log, `msg="session begins"`) == strings.Count(log, `msg="session ends"`)
}
