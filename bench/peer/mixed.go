package peer

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"

	"bbftp/bench/trial"
)

// mixed is the client of this release with a legacy server.
type mixed struct {
	bbftp
	legacy legacy
}

func (m *mixed) Name() string { return BBFTPLegacy }

func (m *mixed) Version(ctx context.Context) (string, error) {
	client, err := m.client(ctx)
	if err != nil {
		return "", err
	}
	_, server, err := m.legacy.inspect(ctx)
	return client.line + ", " + server.line, err
}

func (m *mixed) Supports(c trial.Cell) error {
	return errors.Join(m.bbftp.Supports(c), m.legacy.Supports(c))
}

func (m *mixed) Run(ctx context.Context, j Job) (Outcome, error) {
	if err := m.Supports(j.Cell); err != nil {
		return Outcome{}, err
	}
	program, err := m.client(ctx)
	if err != nil {
		return Outcome{}, err
	}
	_, served, err := m.legacy.inspect(ctx)
	if err != nil {
		return Outcome{}, err
	}
	s, err := prepare(j)
	if err != nil {
		return Outcome{}, err
	}
	password := rand.Text()
	server, at, err := startLegacyServer(ctx, served.path, j, s, password)
	if err != nil {
		return Outcome{}, err
	}
	defer server.stop()
	streams := watchFamily(server)
	at.passwordFile = filepath.Join(j.Work, "password")
	if err := os.WriteFile(at.passwordFile, []byte(password+"\n"), 0o600); err != nil {
		return Outcome{}, err
	}
	run, err := m.start(j, program.path, s, at)
	if err != nil {
		return Outcome{}, err
	}
	err = await(ctx, run.process, server)
	server.stop()
	o := run.outcome(j.Cell, at)
	o.tookServer(server, streams, j)
	if err != nil {
		return o, err
	}
	near, err := run.figures()
	if err != nil {
		return o, err
	}
	o.take(near, figures{}, j.Direction)
	return o, s.verify()
}
