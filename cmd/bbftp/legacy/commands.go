package legacy

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"bbftp/engine/command"
)

// execute runs one command. Names left out become "./", which scripts see in
// the names that follow from them.
func (s *script) execute(ctx context.Context, c command.Command) error {
	first := c.Args[0]
	switch c.Verb {
	case command.Put:
		return s.put(ctx, first, command.Target(first, c.Arg(1, "")))
	case command.Get:
		return s.get(ctx, first, command.Target(first, c.Arg(1, "./")))
	case command.Mput:
		return s.mput(ctx, first, c.Arg(1, "./"))
	case command.Mget:
		return s.mget(ctx, first, c.Arg(1, "./"))
	case command.Mkdir:
		return s.confirmed(ctx, c, s.client.Mkdir)
	case command.Rm:
		return s.confirmed(ctx, c, s.client.Remove)
	case command.Stat:
		return s.figures(ctx, c, s.client.Stat)
	case command.Df:
		return s.figures(ctx, c, s.client.Df)
	case command.Cd:
		return s.cd(ctx, first)
	case command.Lcd:
		return s.lcd(first)
	case command.Dir:
		return s.dir(ctx, first)
	case command.SetRemoteUmask:
		mask, err := remoteUmask.read(first)
		if err != nil {
			return err
		}
		return s.remoteUmask(ctx, fs.FileMode(mask))
	case command.SetRemoteCos:
		class, err := remoteClass.read(first)
		if err != nil {
			return err
		}
		return s.remoteClass(ctx, int32(class))
	}
	return s.set(c)
}

// confirmed runs a command that the server just confirms.
func (s *script) confirmed(ctx context.Context, c command.Command, run func(context.Context, string) error) error {
	s.report.begin("%s %s", c.Verb, c.Args[0])
	err := run(ctx, c.Args[0])
	s.report.done(err)
	return err
}

// figures runs a command that is answered by a line of figures.
func (s *script) figures(ctx context.Context, c command.Command, ask func(context.Context, string) (string, error)) error {
	s.report.begin("%s %s", c.Verb, c.Args[0])
	line, err := ask(ctx, c.Args[0])
	if err == nil {
		s.report.told(c.Verb, line)
	}
	return err
}

func (s *script) cd(ctx context.Context, dir string) error {
	s.report.begin("cd %s", dir)
	now, err := s.client.Chdir(ctx, dir)
	if err == nil {
		s.report.say("<< OK : Current remote directory is %s", now)
	}
	return err
}

func (s *script) lcd(dir string) error {
	s.report.begin("lcd %s", dir)
	s.report.name = dir
	if _, err := s.client.Lcd(dir); err != nil {
		return fmt.Errorf("%w: %w", errLocalDir, err)
	}
	s.report.say("<< OK : Current local directory is %s", dir)
	return nil
}

func (s *script) dir(ctx context.Context, dir string) error {
	pattern := strings.TrimSuffix(dir, "/") + "/*"
	s.report.begin("dir %s ", dir)
	s.report.say(">> COMMAND : list %s", pattern)
	entries, err := s.client.List(ctx, pattern)
	if err != nil {
		return listFailed{err}
	}
	s.report.listed(len(entries))
	s.report.listing(dir, entries)
	return nil
}

// listFailed is a command whose request for a listing failed.
type listFailed struct{ error }

func (f listFailed) Unwrap() error { return f.error }

// set changes a setting of this side.
func (s *script) set(c command.Command) error {
	value := c.Args[0]
	if n, known := lookUpNumber(c.Verb); known {
		v, err := n.read(value)
		if err != nil {
			return err
		}
		n.set(s.client.Settings(), v)
	} else if err := switchOption(s.client.Settings(), value); err != nil {
		return err
	}
	s.report.begin("%s %s", c.Verb, value)
	s.report.done(nil)
	return nil
}
