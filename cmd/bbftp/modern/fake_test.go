package modern

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"bbftp/engine/client"
	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

// fakeServer keeps names, directories with a slash at their end, and remembers
// what it was asked.
type fakeServer struct {
	names   []string
	types   map[string]wire.FileType // of names that are neither a file nor a directory
	v1      bool
	refuses bool             // files in the place of directories, at once
	fail    map[string]error // of operations, by "op path"
	asked   []string
	before  func(question string) // called with each question
}

func (f *fakeServer) ask(op, name string) error {
	question := op + " " + name
	f.asked = append(f.asked, question)
	if f.before != nil {
		f.before(question)
	}
	return f.fail[question]
}

func (f *fakeServer) is(name string) bool { return slices.Contains(f.names, name) }

func refusal(text string) error { return &client.RefusedError{Text: text, NoRetry: true} }

func (f *fakeServer) RefusesDirectories() bool { return f.refuses }

func (f *fakeServer) Put(_ context.Context, local, remote string) (*client.Transfer, error) {
	if err := f.ask("put", local+" "+remote); err != nil {
		return nil, err
	}
	return &client.Transfer{Op: "put", Local: local, Remote: remote, Bytes: 1000, Streams: 1, Duration: time.Second}, nil
}

func (f *fakeServer) Get(_ context.Context, remote, local string) (*client.Transfer, error) {
	if err := f.ask("get", remote+" "+local); err != nil {
		return nil, err
	}
	if !f.is(path.Clean(remote)) {
		return nil, fmt.Errorf("get %s: %w", remote, refusal("No such file"))
	}
	return &client.Transfer{Op: "get", Local: local, Remote: remote, Bytes: 1000, Streams: 1, Duration: time.Second}, nil
}

func (f *fakeServer) List(_ context.Context, pattern string) (entries []wire.ListEntry, err error) {
	if err := f.ask("list", pattern); err != nil {
		return nil, err
	}
	prefix, match := "", storage.Match
	if !f.v1 {
		match = storage.MatchAll
		if !strings.Contains(pattern, "/") {
			prefix = "./"
		}
	}
	for _, name := range f.names {
		bare, dir := strings.CutSuffix(name, "/")
		if dir && f.v1 && bare+"/." == pattern {
			return []wire.ListEntry{{Path: pattern}}, nil
		}
		if path.Dir(bare) != path.Dir(pattern) || !match(path.Base(pattern), path.Base(bare)) {
			continue
		}
		e := wire.ListEntry{Path: prefix + bare, Type: wire.FileType{' ', 'f'}}
		if dir {
			e.Type[1] = 'd'
		}
		if kind, ok := f.types[bare]; ok {
			e.Type = kind
		}
		if f.v1 {
			e.Type = wire.FileType{}
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func (f *fakeServer) Files(ctx context.Context, pattern string) (names []string, err error) {
	entries, err := f.List(ctx, pattern)
	for _, e := range entries {
		if !e.Type.Dir() {
			names = append(names, e.Path)
		}
	}
	return names, err
}

func (f *fakeServer) Mkdir(_ context.Context, dir string) error   { return f.ask("mkdir", dir) }
func (f *fakeServer) Remove(_ context.Context, file string) error { return f.ask("rm", file) }

func (f *fakeServer) Confine(dir string) error { return f.ask("confine", dir) }

func (f *fakeServer) MkdirLocal(dir string, perm fs.FileMode) error {
	return f.ask("mkdirlocal", fmt.Sprintf("%s %o", dir, perm))
}

func (f *fakeServer) SetRemoteUmask(_ context.Context, mask fs.FileMode) error {
	if f.v1 {
		return errors.ErrUnsupported
	}
	return f.ask("umask", fmt.Sprintf("%03o", mask))
}

func (f *fakeServer) Stat(_ context.Context, name string) (string, error) {
	err := f.ask("stat", name)
	const times = "(Sat Feb  3 04:05:06 2001) (Sat Feb  3 04:05:07 2001) (Sat Feb  3 04:05:08 2001)"
	switch {
	case f.v1:
		return "", fmt.Errorf("stat %s: %w", name, errors.ErrUnsupported)
	case err != nil:
		return "", err
	case f.is(name + "/"), name == ".":
		return "7 00040750 4096 4096 8  1001 1002 " + times, nil
	case f.is(name):
		return "8 00100640 1000 4096 8  1001 1002 " + times, nil
	}
	return "", refusal("stat " + name + " failed")
}

func (f *fakeServer) Df(_ context.Context, dir string) (string, error) {
	return "1000000 250000 4096 5000 4000 255", f.ask("df", dir)
}

func (f *fakeServer) Close() error { return nil }

// try runs a command line against f, or, if f is nil, where there is no server.
// It returns the exit status and what was written.
func try(ctx context.Context, t *testing.T, f *fakeServer, words ...string) (status int, stdout, stderr string) {
	t.Helper()
	v, ok := lookUp(words[0])
	if !ok {
		t.Fatalf("no verb %s", words[0])
	}
	o, operands, err := parse(v.name, append([]string{"--user=ann"}, words[1:]...))
	if err != nil {
		t.Fatal(err)
	}
	o.cfg.Umask = 0o022
	var out, errs bytes.Buffer
	r := &run{verb: v.name, o: o, out: o.output(&out, &errs), began: time.Now()}
	r.dial = func(remote) (server, error) {
		if f == nil {
			return nil, &client.ConnectError{Err: errors.New("connection refused")}
		}
		return f, nil
	}
	err = v.run(ctx, r, operands)
	if wrong := (usageError{}); errors.As(err, &wrong) {
		return misused(&errs, v.name, err), out.String(), errs.String()
	}
	return r.finish(err), out.String(), errs.String()
}
