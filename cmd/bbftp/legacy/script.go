package legacy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"bbftp/cmd/bbftp/internal/interrupt"
	"bbftp/engine/auth"
	"bbftp/engine/client"
	"bbftp/engine/command"
	"bbftp/engine/trust"
)

// script runs commands and remembers the number of the last failure.
type script struct {
	client *client.Client
	report *report
	status int
}

// connect makes the connection and tells the server what the start-up file sets.
func (s *script) connect(ctx context.Context, o *options) error {
	r := s.report
	r.trace("Connecting to server ----------------")
	r.next("")
	if o.ssh != nil {
		r.trace("SSH connection...")
		r.name = strings.Join(o.ssh.Command, " ")
	} else {
		r.trace("Password authentication...")
		r.name = o.host
	}
	r.connecting()
	err := s.client.Connect(ctx)
	r.connected = err == nil
	if err == nil && o.remoteUmask != nil {
		err = s.prepare(s.remoteUmask(ctx, *o.remoteUmask))
	}
	if err == nil && o.remoteClass != nil {
		err = s.prepare(s.remoteClass(ctx, *o.remoteClass))
	}
	if err != nil {
		return s.giveUp(err)
	}
	r.trace("Connecting end ---------------------")
	return nil
}

// prepare lets a version that lacks a setting do without.
func (s *script) prepare(err error) error {
	if errors.Is(err, errors.ErrUnsupported) {
		s.report.warning(err)
		return nil
	}
	return err
}

// run goes on after a failed command, as scripts of many files expect, but not
// after a signal or when the server can't be reached any more.
func (s *script) run(ctx context.Context, lines []string) error {
	for _, line := range lines {
		c, err := command.Parse(line)
		s.report.next(c.Text)
		s.report.name = string(c.Verb)
		if err == nil && c.Verb != "" {
			err = s.execute(ctx, c)
		}
		if final(err) {
			return s.giveUp(err)
		}
		s.end(line, err)
	}
	if s.status != 0 {
		return exitStatus(s.status)
	}
	return nil
}

// final tells that no further command could run either.
func final(err error) bool {
	var (
		session *client.SessionError
		killed  interrupt.Error
	)
	return errors.As(err, &session) || errors.As(err, &killed) || errors.Is(err, context.Canceled)
}

// giveUp reports what ends the run. A connection that did not come about is told
// twice, as scripts know it: why, and that there was none.
func (s *script) giveUp(err error) error {
	r := s.report
	if r.options.json && r.command != "" {
		r.result(r.command, err)
	}
	n := r.failed(err)
	if r.reaches(err) && !conclusive(err) {
		tries := 1
		if exhausted := (*client.ExhaustedError)(nil); errors.As(err, &exhausted) {
			tries = exhausted.Tries
		}
		n = unreachableNumber
		r.fail(failure{n, fmt.Sprintf("Maximum try on connection reached (%d) aborting", tries)})
	}
	return exitStatus(n)
}

// conclusive tells that err says by itself that there is no way to the server.
func conclusive(err error) bool {
	var (
		refused *client.RefusedError
		killed  interrupt.Error
	)
	if errors.As(err, &refused) {
		return refused.NoRetry
	}
	return errors.As(err, &killed) || errors.Is(err, context.Canceled) || errors.Is(err, trust.ErrUntrusted) ||
		errors.Is(err, client.ErrVersion) || errors.Is(err, auth.ErrTooLong) || notFound(err)
}

// end reports the end of a command, or of one file of mput and mget.
func (s *script) end(text string, err error) {
	if errors.Is(err, errPartly) {
		err = nil
	}
	if err != nil {
		s.status = s.report.failed(err)
		if errors.As(err, new(listFailed)) {
			s.report.say("<< FAILED")
		}
	}
	s.report.result(text, err)
}

func (s *script) remoteUmask(ctx context.Context, mask fs.FileMode) error {
	s.report.begin("setremoteumask %o", mask)
	err := s.client.SetRemoteUmask(ctx, mask)
	s.report.done(err)
	return err
}

func (s *script) remoteClass(ctx context.Context, class int32) error {
	s.report.begin("setremotecos %d", class)
	err := s.client.SetRemoteClass(ctx, class)
	s.report.done(err)
	return err
}
