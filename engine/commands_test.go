package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bbftp/engine/client"
)

// TestCommands runs every command of versions 2 and 3 in one session, the ones
// that fail too.
func TestCommands(t *testing.T) {
	noLeaks(t)
	for _, version := range []int{2, 3} {
		t.Run(fmt.Sprintf("version %d", version), func(t *testing.T) {
			h := serve(t, nil)
			logins := 0
			var said []string
			c, dir := dial(t, h.port, func(cfg *client.Config) {
				cfg.Protocol = version
				cfg.OnLogin = func(string) { logins++ }
				cfg.OnReply = func(text string) { said = append(said, text) }
			})
			ctx := t.Context()
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			must(c.Mkdir(ctx, "data/of/today"))
			must(c.Mkdir(ctx, "data"))
			if now, err := c.Chdir(ctx, "data"); err != nil || now != "/data" {
				t.Fatalf("%q, %v", now, err)
			}
			content := waves(1000)
			write(t, dir, "f", content)
			for _, name := range []string{"a", "b c", ".hidden"} {
				must(second(c.Put(ctx, "f", name)))
			}
			must(os.Symlink("of", filepath.Join(h.root, "data/link")))
			must(os.Symlink("nowhere", filepath.Join(h.root, "data/lost")))

			var listed []string
			entries, err := c.List(ctx, "*")
			must(err)
			for _, e := range entries {
				listed = append(listed, e.Path+string(e.Type[:]))
			}
			slices.Sort(listed)
			if want := []string{"./. d", "./.. d", "./.hidden f", "./a f", "./b c f", "./linkld", "./lostlu", "./of d"}; !slices.Equal(listed, want) {
				t.Errorf("listed %q, want %q", listed, want)
			}
			if files, err := c.Files(ctx, "*"); err != nil || !slices.Equal(files, []string{"./.hidden", "./a", "./b c"}) {
				t.Errorf("files %q, %v", files, err)
			}
			if nothing, err := c.List(ctx, "no*"); err != nil || len(nothing) != 0 {
				t.Errorf("listed %q, %v", nothing, err)
			}

			line, err := c.Stat(ctx, "a")
			must(err)
			if s, err := client.ParseStat(line); err != nil || s.Size != 1000 || !s.Mode.IsRegular() || s.UID != int64(os.Getuid()) {
				t.Errorf("stat: %q is %+v, %v", line, s, err)
			}
			line, err = c.Df(ctx, ".")
			must(err)
			if s, err := client.ParseDf(line); err != nil || s.Blocks <= 0 || s.BlockSize <= 0 {
				t.Errorf("df: %q is %+v, %v", line, s, err)
			}
			must(c.SetRemoteUmask(ctx, 0o077))
			must(c.Mkdir(ctx, "private"))
			checkMode(t, h.root, "data/private", 0o700|fs.ModeDir)
			must(c.SetRemoteClass(ctx, 3))
			must(c.Remove(ctx, "a"))
			if !slices.Contains(said, "a has been deleted") || !slices.Contains(said, "umask changed from 0022 to 0077") && !strings.Contains(strings.Join(said, "\n"), "to 0077") {
				t.Errorf("the server said %q", said)
			}

			for name, err := range map[string]error{
				"b c/x":    c.Mkdir(ctx, "b c/x"),
				"nowhere":  second(c.Chdir(ctx, "nowhere")),
				"nothere":  c.Remove(ctx, "nothere"),
				"of":       c.Remove(ctx, "of"),
				"gone":     second(c.Stat(ctx, "gone")),
				"lost":     second(c.Df(ctx, "lost")),
				"no/*":     second(c.List(ctx, "no/*")),
				"/data":    second(c.Put(ctx, "f", "/data")),
				"missing":  second(c.Get(ctx, "missing", "x")),
				"../data":  second(c.Get(ctx, "../data", "x")),
				"nothing":  second(c.Put(ctx, "nothing", "x")),
				"b c/over": second(c.Put(ctx, "f", "b c/over")),
			} {
				if err == nil || !strings.Contains(err.Error(), name) {
					t.Errorf("%s: %v", name, err)
				}
			}
			if now, err := c.Chdir(ctx, "."); err != nil || now != "/data" {
				t.Errorf("%q, %v", now, err)
			}
			if logins != 1 {
				t.Errorf("%d logins: a failed command must not cost the session", logins)
			}
		})
	}
}

// TestSimulation moves nothing and changes nothing, on either side.
func TestSimulation(t *testing.T) {
	noLeaks(t)
	for _, version := range []int{2, 3} {
		for _, size := range []int{0, 1, 300_000} {
			t.Run(fmt.Sprintf("version %d/%d", version, size), func(t *testing.T) {
				h := serve(t, nil)
				c, dir := dial(t, h.port, func(cfg *client.Config) {
					cfg.Protocol, cfg.Streams, cfg.BufferSize, cfg.Simulate = version, 3, 64, true
				})
				content := waves(size)
				write(t, dir, "f", content)
				write(t, dir, "precious", []byte("mine"))
				write(t, h.root, "g", content)
				write(t, h.root, "precious", []byte("theirs"))
				for i, err := range []error{
					second(c.Put(t.Context(), "f", "new")),
					second(c.Put(t.Context(), "f", "precious")),
					second(c.Get(t.Context(), "g", "new")),
					second(c.Get(t.Context(), "g", "precious")),
				} {
					if err != nil {
						t.Errorf("simulation %d: %v", i, err)
					}
				}
				holds(t, dir, "f", string(content), "precious", "mine")
				holds(t, h.root, "g", string(content), "precious", "theirs")
				// What could not work is found.
				for i, err := range []error{
					second(c.Put(t.Context(), "missing", "new")),
					second(c.Get(t.Context(), "missing", "new")),
				} {
					if err == nil {
						t.Errorf("bad simulation %d succeeds", i)
					}
				}
			})
		}
	}
	c, dir := dial(t, serve(t, nil).port, func(cfg *client.Config) { cfg.Protocol, cfg.Simulate = 1, true })
	write(t, dir, "f", []byte("x"))
	if _, err := c.Put(t.Context(), "f", "f"); err == nil || client.Retryable(err) {
		t.Errorf("version 1 simulates: %v", err)
	}
}

// TestReconnection puts a session back where it was.
func TestReconnection(t *testing.T) {
	noLeaks(t)
	h := serve(t, nil)
	m := between(t, h.port, plan{})
	c, dir := dial(t, m.port, func(cfg *client.Config) {
		cfg.Tries, cfg.RetryWait = 5, time.Millisecond
	})
	ctx := t.Context()
	if err := errors.Join(c.Mkdir(ctx, "deep/er"), second(c.Chdir(ctx, "deep")), c.SetRemoteUmask(ctx, 0o077)); err != nil {
		t.Fatal(err)
	}
	m.drop(true)
	m.revive()
	write(t, dir, "f", []byte("content"))
	c.Settings().NoMode = true
	if _, err := c.Put(ctx, "f", "f"); err != nil {
		t.Fatal(err)
	}
	checkMode(t, h.root, "deep/f", 0o600)
}
