package client

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// SSH starts the server at the other end of a secure shell; its pipes are the
// control connection (wire.md 3.7). Host may be a name that only the
// configuration of ssh knows if the server is started with -A; otherwise the
// client also calls Host itself, once, to learn the addresses of both ends.
type SSH struct {
	// Command runs ssh. Default: ssh -q.
	Command []string
	// Batch never asks: no passwords (BatchMode=yes), and a host not yet known is
	// accepted, one with a changed key is not (StrictHostKeyChecking=accept-new).
	Batch bool
	// Identity is the file of the key to log in with, "" for ssh's choice.
	Identity string
	// Server is the command run on the host. Default: bbftpd -s.
	Server string
	// Stderr, if set, receives what ssh and the server say there. It may be
	// called from another goroutine.
	Stderr io.Writer
}

// validate refuses what ssh would take for an option, and run as one: a
// ProxyCommand, say.
func (s *SSH) validate(cfg Config) error {
	switch {
	case cfg.Protocol == 1:
		return errors.New("version 1 is not spoken over ssh")
	case strings.HasPrefix(cfg.Host, "-"):
		return fmt.Errorf("host %q would be an option of ssh", cfg.Host)
	case strings.HasPrefix(cfg.User, "-"):
		return fmt.Errorf("user %q would be an option of ssh", cfg.User)
	}
	return nil
}

// line is the command line for user, "" for ssh's choice, at host.
func (s *SSH) line(user, host string) []string {
	line := append([]string(nil), s.Command...)
	if len(line) == 0 {
		line = []string{"ssh", "-q"}
	}
	line = append(line, "-x", "-a") // neither X11 nor the agent is of use there
	if s.Batch {
		line = append(line, "-oBatchMode=yes", "-oStrictHostKeyChecking=accept-new")
	}
	if s.Identity != "" {
		line = append(line, "-i", s.Identity)
	}
	if user != "" {
		line = append(line, "-l", user)
	}
	server := s.Server
	if server == "" {
		server = "bbftpd -s"
	}
	return append(line, "--", host, server)
}
