package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"bbftp/cmd/internal/terminal"
	"bbftp/cmd/internal/umask"
	"bbftp/engine/client"
	"bbftp/engine/command"
)

// transferAll runs the commands of -e in one session.
func transferAll(ctx context.Context, o *options, stdin *os.File, stdout, stderr io.Writer) error {
	password, err := readPassword(ctx, o, stdin, stderr)
	if err != nil {
		return fmt.Errorf("%w: %w", errPassword, err)
	}
	out := newReport(o, stdout, stderr)
	if asked, limited := o.limitStreams(); limited {
		out.warn("-p %d: version 1 carries at most %d streams", asked, o.streams)
	}
	c, err := client.New(client.Config{
		Host: o.host, Port: o.port, User: o.user, Password: password,
		ClearText: o.clear, Protocol: o.protocol, Streams: o.streams, Compress: o.compress,
		DataFrom: o.dataFrom, Umask: umask.Current(),
		Tries: o.tries, RetryWait: o.retryWait,
		OnLogin: out.login, OnRetry: out.retry, Log: out.logger(),
	})
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := c.Connect(ctx); err != nil {
		return err
	}
	return (&script{client: c, out: out}).run(ctx, command.Split(o.script))
}

func readPassword(ctx context.Context, o *options, stdin *os.File, stderr io.Writer) (string, error) {
	if o.passwordFile == "" {
		return terminal.Password(ctx, stdin, stderr, "Password: ")
	}
	f, err := os.Open(o.passwordFile)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	return terminal.FirstLine(f)
}

// script runs commands and remembers the number of the last failure.
type script struct {
	client *client.Client
	out    *report
	status int
}

// run goes on after a failed command, as scripts of many files expect, but not
// after a signal or when the server can't be reached any more.
func (s *script) run(ctx context.Context, lines []string) error {
	for _, line := range lines {
		c, err := command.Parse(line)
		if err == nil && c.Verb != "" {
			err = s.execute(ctx, c)
		}
		s.done(c.Text, err)
		if ctx.Err() != nil || unreachable(err) {
			break
		}
	}
	if s.status != 0 {
		return exitStatus(s.status)
	}
	return nil
}

// unreachable tells that no further command could run either.
func unreachable(err error) bool {
	var connect *client.ConnectError
	var login *client.LoginError
	return errors.As(err, &connect) || errors.As(err, &login)
}

// done reports the end of a command, or of one file of mput and mget.
func (s *script) done(text string, err error) {
	var partly partlyFailed
	if errors.As(err, &partly) {
		s.out.result(text, nil, 0) // its files were reported one by one
		return
	}
	n := 0
	if err != nil {
		n = number(err)
		s.status = n
	}
	s.out.result(text, err, n)
}

// partlyFailed is an mput or mget of which some files failed.
type partlyFailed struct{}

func (partlyFailed) Error() string { return "some files failed" }

func (s *script) execute(ctx context.Context, c command.Command) error {
	s.out.begin(c.Text)
	switch c.Verb {
	case command.Put:
		return s.put(ctx, c.Args[0], command.Target(c.Args[0], c.Arg(1, "")))
	case command.Get:
		return s.get(ctx, c.Args[0], command.Target(c.Args[0], c.Arg(1, "")))
	case command.Mput:
		return s.mput(ctx, c.Args[0], c.Arg(1, "."))
	case command.Mget:
		return s.mget(ctx, c.Args[0], c.Arg(1, "."))
	case command.Mkdir:
		err := s.client.Mkdir(ctx, c.Args[0])
		s.out.done(err)
		return err
	case command.Cd:
		dir, err := s.client.Chdir(ctx, c.Args[0])
		s.out.detail(err, "Current remote directory is %s", dir)
		return err
	case command.Lcd:
		dir, err := s.client.Lcd(c.Args[0])
		s.out.detail(err, "Current local directory is %s", dir)
		if err != nil {
			return fmt.Errorf("%w: %w", errLocalDir, err)
		}
		return nil
	case command.Dir:
		return s.dir(ctx, c.Args[0])
	default:
		err := s.setOption(c.Args[0])
		s.out.done(err)
		return err
	}
}

func (s *script) put(ctx context.Context, local, remote string) error {
	t, err := s.client.Put(ctx, local, remote)
	if err == nil {
		s.out.transfer(t)
	}
	return err
}

func (s *script) get(ctx context.Context, remote, local string) error {
	t, err := s.client.Get(ctx, remote, local)
	if err == nil {
		s.out.transfer(t)
	}
	return err
}

func (s *script) mput(ctx context.Context, pattern, dir string) error {
	names, err := withoutDirectories(ctx, pattern, s.client.LocalGlob)
	if err != nil {
		return err
	}
	return s.each(ctx, "put", names, dir, s.put)
}

func (s *script) mget(ctx context.Context, pattern, dir string) error {
	names, err := withoutDirectories(ctx, pattern, s.client.List)
	if err != nil {
		return err
	}
	return s.each(ctx, "get", names, dir, s.get)
}

// each copies every file to its own name below dir.
func (s *script) each(ctx context.Context, verb string, names []string, dir string, copyFile func(_ context.Context, from, to string) error) error {
	failed := false
	for _, name := range names {
		target := strings.TrimSuffix(dir, "/") + "/" + path.Base(name)
		text := fmt.Sprintf("%s %s %s", verb, name, target)
		s.out.begin(text)
		err := copyFile(ctx, name, target)
		s.done(text, err)
		failed = failed || err != nil
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if unreachable(err) {
			return err
		}
	}
	if failed {
		return partlyFailed{}
	}
	return nil
}

// withoutDirectories lists what matches pattern and is no directory. Version 1
// names come without their types, but only a directory has an entry ".".
// Names a peer makes up never lead out of the target directory.
func withoutDirectories(ctx context.Context, pattern string, list func(context.Context, string) ([]string, error)) ([]string, error) {
	names, err := list(ctx, pattern)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	dirs, err := list(ctx, pattern+"/.")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(names, func(name string) bool {
		base := path.Base(name)
		return base == "." || base == ".." || base == "/" || strings.HasSuffix(name, "/") || slices.Contains(dirs, name+"/.")
	}), nil
}

func (s *script) dir(ctx context.Context, dir string) error {
	names, err := s.client.List(ctx, strings.TrimSuffix(dir, "/")+"/*")
	if err == nil {
		s.out.listing(dir, names)
	}
	return err
}

func (s *script) setOption(word string) error {
	switch name, on := command.Option(word); name {
	case "gzip":
		s.client.SetCompress(on)
	case "remoterfio":
		s.client.SetMassStorage(on)
	case "createdir", "tmpfile", "keepmode", "keepaccess", "qbss":
		s.out.warn("setoption %s: version 1 has no such option", word)
	default:
		return fmt.Errorf("%w: setoption %s: no such option", command.ErrArguments, word)
	}
	return nil
}
