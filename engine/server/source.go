package server

import (
	"context"
	"errors"

	"bbftp/engine/storage"
)

// opener finds the file of a retrieve.
type opener func(ctx context.Context, name string) (*storage.Source, error)

// openFile opens a file of the session's tree.
func (s *session) openFile(_ context.Context, name string) (*storage.Source, error) {
	return s.tree.OpenSource(storage.Join(s.dir, name))
}

// openMass opens a file of the mass storage, which may take minutes.
func (s *session) openMass(ctx context.Context, name string) (*storage.Source, error) {
	var src *storage.Source
	err := s.watched(ctx, func(ctx context.Context) (err error) {
		src, err = s.server.cfg.MassStorage.Open(ctx, name, s.account.MassStorage)
		return err
	})
	if err != nil && src != nil {
		_ = src.Close() // it came when the client had gone
	}
	return src, err
}

// unopened answers a file that could not be opened. An error ends the session.
func (s *session) unopened(name string, err error) error {
	var in *interruption
	if errors.As(err, &in) {
		return in
	}
	return s.answer(openRefusal(name, err))
}
