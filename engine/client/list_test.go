package client

import (
	"errors"
	"os"
	"slices"
	"testing"

	"bbftp/engine/wire"
)

func entry(path, kind string) wire.ListEntry {
	return wire.ListEntry{Path: path, Type: wire.FileType([]byte(kind))}
}

// TestListNewer returns what the server lists; Files only what can be copied.
func TestListNewer(t *testing.T) {
	noLeaks(t)
	entries := []wire.ListEntry{
		entry("./.", " d"), entry("./..", " d"), entry("./.hidden", " f"), entry("./a b", " f"), entry("./dir", " d"),
		entry("./link", "lf"), entry("./nowhere", "lu"), entry("./todir", "ld"), entry("./", " f"), entry("./..", " f"),
	}
	newer(t, func(t *testing.T, version int) {
		c := dial(t, serve(t, func(p *peer) {
			p.enter(version)
			for _, reply := range [][]wire.ListEntry{entries, entries, nil, nil} {
				p.wantCommand(wire.MsgListV2, "*")
				p.send(wire.ListReplyV2{Entries: reply})
			}
		}), speaking(version, nil))
		if got, err := c.List(t.Context(), "*"); err != nil || !slices.Equal(got, entries) {
			t.Errorf("%q, %v", got, err)
		}
		if got, err := c.Files(t.Context(), "*"); err != nil || !slices.Equal(got, []string{"./.hidden", "./a b", "./link"}) {
			t.Errorf("%q, %v", got, err)
		}
		if got, err := c.List(t.Context(), "*"); err != nil || len(got) != 0 {
			t.Errorf("%q, %v", got, err)
		}
		if got, err := c.Files(t.Context(), "*"); err != nil || len(got) != 0 {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// TestUnaskedNewer refuses names that do not match.
func TestUnaskedNewer(t *testing.T) {
	noLeaks(t)
	for name, tt := range map[string]struct{ pattern, listed string }{
		"another name":      {"*.root", "./.bashrc"},
		"another directory": {"d/*.root", "d/x"},
		"a parent":          {"a*", "./.."},
		"nothing":           {"*.root", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, serve(t, func(p *peer) {
				p.enter(3)
				p.wantCommand(wire.MsgListV2, tt.pattern)
				p.send(wire.ListReplyV2{Entries: []wire.ListEntry{entry(tt.listed, " f")}})
			}), speaking(3, func(cfg *Config) { cfg.Tries = 3 }))
			if names, err := c.Files(t.Context(), tt.pattern); !errors.Is(err, ErrUnasked) {
				t.Errorf("%q, %v", names, err)
			}
		})
	}
}

// TestFilesVersion1 finds out what is a directory by asking for its ".".
func TestFilesVersion1(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		p.wantPath(wire.MsgList, "d/*")
		p.send(wire.ListReply{Names: []string{"d/a", "d/b", "d/sub"}})
		p.wantPath(wire.MsgList, "d/*/.")
		p.send(wire.ListReply{Names: []string{"d/sub/."}})
		p.wantPath(wire.MsgList, ".*")
		p.send(wire.ListReply{Names: []string{".", "..", ".hidden"}})
		p.wantPath(wire.MsgList, ".*/.")
		p.send(wire.ListReply{Names: []string{"./.", "../."}})
		p.wantPath(wire.MsgList, "no*")
		p.send(wire.ListReply{})
	}), nil)
	for _, tt := range []struct {
		pattern string
		want    []string
	}{{"d/*", []string{"d/a", "d/b"}}, {".*", []string{".hidden"}}, {"no*", nil}} {
		if got, err := c.Files(t.Context(), tt.pattern); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, %v", tt.pattern, got, err)
		}
	}
}

// TestMassStorageList may be refused with a close by release 3.3.0.
func TestMassStorageList(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.greet(3, greeting330)
		p.wantCommand(wire.MsgListV2, "*")
		p.reply(wire.MsgBadNoRetry, "RFIO not supported")
		p.version = 0
	}, func(p *peer) {
		p.greet(3, greeting330)
		p.after()
	}), speaking(3, func(cfg *Config) { noPause(t)(cfg); cfg.MassStorage = true }))
	_, err := c.List(t.Context(), "*")
	fails[*RefusedError](t, err, "list *", "RFIO")
	goesOn(t, c)
}

func TestLocalFiles(t *testing.T) {
	c := dial(t, serve(t), nil)
	for _, name := range []string{".hidden", "a", "b[1]", "c"} {
		write(t, c, name, nil)
	}
	err := errors.Join(os.Mkdir(c.path("dir"), 0o755), os.Symlink("a", c.path("link")), os.Symlink("dir", c.path("todir")),
		os.Symlink("nowhere", c.path("dangling")), os.WriteFile(c.path("dir/x"), nil, 0o644))
	if err != nil {
		t.Fatal(err)
	}
	for pattern, want := range map[string][]string{
		"*":                        {"./.hidden", "./a", "./b[1]", "./c", "./link"},
		"[ab]*":                    {"./a", "./b[1]"},
		"./*k":                     {"./link"},
		"dir/*":                    {"dir/x"},
		"todir//*":                 {"todir/x"},
		"no*":                      nil,
		c.cfg.LocalDir + "/dir/x*": {c.cfg.LocalDir + "/dir/x"},
	} {
		if got, err := c.LocalFiles(t.Context(), pattern); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v, want %q", pattern, got, err, want)
		}
	}
	for _, pattern := range []string{"*/x", "missing/*", "dir/", ""} {
		_, err := c.LocalFiles(t.Context(), pattern)
		fails[*LocalError](t, err)
	}
}
