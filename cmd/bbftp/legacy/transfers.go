package legacy

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
)

func (s *script) put(ctx context.Context, local, remote string) error {
	s.report.begin("put %s %s", local, remote)
	s.report.name = local
	t, err := s.client.Put(ctx, local, remote)
	if err == nil {
		s.report.transfer(t)
	}
	return err
}

func (s *script) get(ctx context.Context, remote, local string) error {
	s.report.begin("get %s %s", remote, local)
	s.report.name = local
	t, err := s.client.Get(ctx, remote, local)
	if err != nil {
		return fmt.Errorf("%w: %w", errTarget, err)
	}
	s.report.transfer(t)
	return nil
}

func (s *script) mput(ctx context.Context, pattern, dir string) error {
	s.report.begin("mput %s %s", pattern, dir)
	s.report.name = path.Dir(pattern)
	names, err := s.client.LocalFiles(ctx, pattern)
	if err != nil {
		return fmt.Errorf("%w: %w", errPattern, err)
	}
	for i, name := range names {
		if !strings.Contains(name, "/") {
			names[i] = "./" + name // as scripts see it
		}
	}
	return s.each(ctx, "put", names, dir, s.put)
}

func (s *script) mget(ctx context.Context, pattern, dir string) error {
	s.report.begin("mget %s %s", pattern, dir)
	s.report.say(">> COMMAND : list %s", pattern)
	names, err := s.client.Files(ctx, pattern)
	if err != nil {
		return listFailed{err}
	}
	s.report.listed(len(names))
	return s.each(ctx, "get", names, dir, s.get)
}

// each copies every file to its own name below dir, also after one has failed.
func (s *script) each(ctx context.Context, verb string, names []string, dir string, copyFile func(_ context.Context, from, to string) error) error {
	failed := false
	for _, name := range names {
		target := dir + "/" + path.Base(name)
		text := fmt.Sprintf("%s %s %s", verb, name, target)
		s.report.next(text)
		err := copyFile(ctx, name, target)
		if final(err) {
			return err
		}
		failed = failed || err != nil
		s.end(text, err)
	}
	s.report.say("<< OK")
	if failed {
		return errPartly
	}
	return nil
}

// errPartly is an mput or mget of which some files failed, each reported for
// itself.
var errPartly = errors.New("some files failed")
