package faults

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bbftp/bench/payload"
)

// scene is what a row is played with.
type scene struct {
	*row
	*world
	t             *testing.T
	near, far     *host // of the client, of the server
	served, local string
	source, from  string // the file to move, and its content kept elsewhere
	to            string // its target
	server        *bbftpd
	relay         *relay
	client        *process
	pending       []chan struct{} // closed when what was to happen later has
	calls         []net.Conn      // that take a daemon's descriptors
	below         string          // the served directory, as a session sees it, if not as its root
	orphans       []child         // of a monitor that was killed
}

// play runs a row.
func (w *world) play(t *testing.T, r *row) {
	if r.perform != nil {
		if r.outcome = r.perform(w, t, r); !r.explained() {
			t.Errorf("%s, want one of %q: %s", r.outcome, r.allowed, r.says)
		}
		return
	}
	s := &scene{row: r, world: w, t: t}
	if s.near, s.far = w.corner(); r.linked {
		s.near, s.far = w.host(t), w.host(t)
	}
	if err := s.prepare(); err != nil {
		t.Fatal(err)
	}
	defer s.relay.close()
	defer func() { s.server.kill() }()
	if err := s.act(); err != nil {
		s.wrong(err)
		s.client.kill()
	}
	s.judge()
	if r.repair != nil {
		if err := r.repair(s); err != nil {
			s.wrong(err)
		}
	}
	s.aftermath()
	if len(r.trouble) > 0 {
		r.outcome += "; " + strings.Join(r.trouble, "; ")
	}
	if !r.explained() {
		t.Errorf("%s, want one of %q\nclient: %s\nserver: %s", r.outcome, r.allowed, s.client.stderr.String(), s.server.log())
	}
}

// wrong notes what is wrong whatever the outcome.
func (s *scene) wrong(err error) { s.trouble = append(s.trouble, err.Error()) }

func (s *scene) prepare() (err error) {
	r := s.row
	if r.size == 0 {
		r.size = usual
	}
	if r.streams == 0 {
		r.streams = 3
	}
	if r.seconds == 0 {
		r.seconds = 20
	}
	if r.timeout == 0 {
		r.timeout = 20 * time.Second
	}
	if r.target == "" {
		r.target = "f"
	}
	s.served, s.local = s.mkdir(s.t, "served"), s.mkdir(s.t, "local")
	if r.system {
		// All of them live in the one home directory.
		s.below = filepath.Base(s.served)
		s.served = filepath.Join(s.systemHome(), s.below)
		if err := errors.Join(os.Mkdir(s.served, 0o777), os.Chmod(s.served, 0o777)); err != nil {
			return err
		}
	}
	s.from = filepath.Join(s.mkdir(s.t, "kept"), "f")
	sources, targets := s.local, s.served
	if r.operation == get {
		sources, targets = s.served, s.local
	}
	s.source, s.to = filepath.Join(sources, "source"), filepath.Join(targets, r.target)
	if err := s.furnish(); err != nil {
		return err
	}
	var wrapServer, wrapClient []string
	if r.wrap != nil {
		wrapServer, wrapClient = r.wrap(s)
	}
	var more []string
	if r.tls {
		more = append(more, "--tls-key", s.key())
	}
	if s.server, err = s.newServer(s.far, s.served, r.seconds, more...); err != nil {
		return err
	}
	s.server.wrap, s.server.system = wrapServer, r.system
	if err := s.server.start(); err != nil {
		return err
	}
	launched := make(chan struct{})
	s.relay = &relay{
		near: s.near.other, far: s.far.other, client: s.near.own, server: s.server.address, at: r.step,
		fault: func() bool { <-launched; return r.strike(s) },
	}
	if r.tls {
		s.relay.identity = s.identity
	}
	port, err := s.relay.start()
	if err != nil {
		return err
	}
	e := errand{
		version: r.version, operation: r.operation, gzip: r.gzip, tries: r.tries, streams: r.streams, timeout: r.timeout,
		dir: s.local, local: "source", remote: filepath.Join(s.below, r.target),
	}
	if r.operation == get {
		e.local, e.remote = r.target, filepath.Join(s.below, "source")
	}
	e.at = netip.AddrPortFrom(s.near.other, port)
	cmd := s.command(e)
	if len(wrapClient) > 0 {
		cmd.Path, cmd.Args = wrapClient[0], append(slices.Clone(wrapClient), cmd.Args...)
		cmd.Args[len(wrapClient)] = s.world.client()
	}
	s.client, err = launch(s.near, cmd)
	close(launched)
	return err
}

// furnish puts the files in their places.
func (s *scene) furnish() error {
	if s.before != nil {
		if err := s.before(s); err != nil {
			return err
		}
	}
	if err := payload.Write(s.from, payload.Mixed, s.size, 7); err != nil {
		return err
	}
	content, err := os.ReadFile(s.from)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{s.source: content, s.to: []byte(precious)} {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(name, content, 0o666); err != nil {
			return err
		}
		if err := os.Chmod(name, 0o666); err != nil {
			return err
		}
	}
	return os.Chmod(filepath.Dir(s.to), 0o777)
}

// act waits for the fault and for the client to end of it.
func (s *scene) act() error {
	select {
	case <-s.relay.done:
	case <-s.client.ended:
		if !s.relay.struck() {
			return fmt.Errorf("the step was not reached: %s", said(s.client.stderr.String()))
		}
	case <-time.After(patience):
		return fmt.Errorf("the step was not reached within %v", patience)
	}
	var failure error
	if s.survive != nil && !s.survive(s) {
		failure = fmt.Errorf("the fault was not noticed within %v", patience)
	} else if s.survive == nil {
		failure = s.client.wait(2 * patience)
	}
	for _, done := range s.pending {
		<-done
	}
	if s.mend != nil {
		if err := s.mend(s); err != nil {
			return err
		}
	}
	if err := s.client.wait(patience); err != nil {
		s.client.kill()
		return err
	}
	return failure
}
