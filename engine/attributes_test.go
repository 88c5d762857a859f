package engine

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"bbftp/engine/client"
	"bbftp/engine/server"
)

// TestModes gives new files those of wire.md 6.6 for version 1, less each side's
// umask, and leaves replaced ones theirs.
func TestModes(t *testing.T) {
	noLeaks(t)
	h := serve(t, func(cfg *server.Config) { cfg.Umask = 0o007 })
	c, dir := dial(t, h.port, func(cfg *client.Config) { cfg.Protocol, cfg.Umask = 1, 0o022 })
	for _, size := range []int{0, 1000} {
		write(t, dir, "src", waves(size))
		for _, tt := range []struct {
			name            string
			old             fs.FileMode // 0: there is none
			onServer, local fs.FileMode
		}{
			{"new", 0, 0o660, 0o644},
			{"private", 0o600, 0o600, 0o600},
			{"program", 0o755, 0o755, 0o755},
			{"setuid", 0o755 | fs.ModeSetuid, 0o755, 0o755}, // content of others never inherits that
		} {
			for _, place := range []string{h.root, dir} {
				path := filepath.Join(place, tt.name)
				os.Remove(path)
				if tt.old != 0 {
					write(t, place, tt.name, []byte("old"))
					if err := os.Chmod(path, tt.old); err != nil {
						t.Fatal(err)
					}
				}
			}
			if _, err := c.Put(t.Context(), "src", tt.name); err != nil {
				t.Error(err)
			}
			if _, err := c.Get(t.Context(), tt.name, tt.name); err != nil {
				t.Error(err)
			}
			checkMode(t, h.root, tt.name, tt.onServer)
			checkMode(t, dir, tt.name, tt.local)
		}
	}
	if err := c.Mkdir(t.Context(), "d"); err != nil {
		t.Error(err)
	}
	checkMode(t, h.root, "d", 0o750|fs.ModeDir)
}

func checkMode(t *testing.T, dir, name string, want fs.FileMode) {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		t.Error(err)
		return
	}
	if info.Mode() != want {
		t.Errorf("%s has mode %v, want %v", name, info.Mode(), want)
	}
}

// TestOwner leaves replaced files to whom they belong.
func TestOwner(t *testing.T) {
	needRoot(t, "to own files of others")
	noLeaks(t)
	const uid, gid = 12345, 23456
	h := serve(t, nil)
	c, dir := dial(t, h.port, func(cfg *client.Config) { cfg.Protocol = 1 })
	content := waves(1000)
	write(t, dir, "src", content)
	for _, place := range []string{h.root, dir} {
		write(t, place, "f", []byte("old"))
		if err := os.Chown(filepath.Join(place, "f"), uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Put(t.Context(), "src", "f"); err != nil {
		t.Error(err)
	}
	if _, err := c.Get(t.Context(), "f", "f"); err != nil {
		t.Error(err)
	}
	for _, place := range []string{h.root, dir} {
		info, err := os.Stat(filepath.Join(place, "f"))
		if err != nil {
			t.Fatal(err)
		}
		if st := info.Sys().(*syscall.Stat_t); st.Uid != uid || st.Gid != gid {
			t.Errorf("owned by %d:%d, want %d:%d", st.Uid, st.Gid, uid, gid)
		}
	}
	holds(t, dir, "src", string(content), "f", string(content))
	holds(t, h.root, "f", string(content))
}

// TestKept has mode and times travel with the file, or not, in versions 2 and 3.
func TestKept(t *testing.T) {
	noLeaks(t)
	accessed, modified := time.Unix(1_000_000_000, 0), time.Unix(981_173_106, 0)
	for _, version := range []int{2, 3} {
		for _, keep := range []bool{true, false} {
			for _, size := range []int{0, 1000} {
				t.Run(fmt.Sprintf("version %d/%t/%d", version, keep, size), func(t *testing.T) {
					h := serve(t, func(cfg *server.Config) { cfg.Umask = 0o027 })
					c, dir := dial(t, h.port, func(cfg *client.Config) {
						cfg.Protocol, cfg.NoMode, cfg.NoTimes, cfg.Umask = version, !keep, !keep, 0o002
					})
					write(t, dir, "src", waves(size))
					if err := os.Chmod(filepath.Join(dir, "src"), 0o4751); err != nil {
						t.Fatal(err)
					}
					if err := os.Chtimes(filepath.Join(dir, "src"), accessed, modified); err != nil {
						t.Fatal(err)
					}
					write(t, h.root, "old", []byte("old"))
					for _, name := range []string{"new", "old", "made/of/dirs"} {
						if _, err := c.Put(t.Context(), "src", name); err != nil {
							t.Fatal(err)
						}
						if _, err := c.Get(t.Context(), name, name); err != nil {
							t.Fatal(err)
						}
						onServer, local := fs.FileMode(0o640), fs.FileMode(0o664)
						if keep {
							onServer, local = 0o751, 0o751 // never the set-id bits
						}
						checkMode(t, h.root, name, onServer)
						checkMode(t, dir, name, local)
						for _, place := range []string{h.root, dir} {
							info, err := os.Stat(filepath.Join(place, name))
							if err != nil {
								t.Fatal(err)
							}
							if info.ModTime().Equal(modified) != keep {
								t.Errorf("%s is of %v; kept: %t", name, info.ModTime(), keep)
							}
						}
					}
				})
			}
		}
	}
}

// TestLinks writes to what a link leads to in version 1, as servers of that
// version do, and puts the file in the link's place in the others. Nothing outside
// the tree is read or written.
func TestLinks(t *testing.T) {
	noLeaks(t)
	for version := 1; version <= 3; version++ {
		t.Run(fmt.Sprintf("version %d", version), func(t *testing.T) {
			h := serve(t, nil)
			outside := t.TempDir()
			write(t, outside, "secret", []byte("secret"))
			write(t, h.root, "real", []byte("old"))
			for name, target := range map[string]string{
				"link": "real", "escape": filepath.Join(outside, "secret"), "up": "../" + filepath.Base(outside) + "/secret",
			} {
				if err := os.Symlink(target, filepath.Join(h.root, name)); err != nil {
					t.Fatal(err)
				}
			}
			c, dir := dial(t, h.port, func(cfg *client.Config) { cfg.Protocol = version })
			write(t, dir, "src", []byte("new"))
			if _, err := c.Put(t.Context(), "src", "link"); err != nil {
				t.Error(err)
			}
			if _, err := c.Get(t.Context(), "link", "back"); err != nil {
				t.Error(err)
			}
			for _, name := range []string{"escape", "up"} {
				if _, err := c.Get(t.Context(), name, "stolen"); err == nil {
					t.Errorf("get through %s succeeds", name)
				}
				if _, err := c.Put(t.Context(), "src", name); (err != nil) != (version == 1) {
					t.Errorf("put onto %s: %v", name, err)
				}
			}
			holds(t, outside, "secret", "secret")
			holds(t, dir, "src", "new", "back", "new")
			want := "new"
			if version > 1 {
				want = "old"
			}
			if got, err := os.ReadFile(filepath.Join(h.root, "real")); err != nil || string(got) != want {
				t.Errorf("the link's target holds %q, %v; want %q", got, err, want)
			}
			if target, err := os.Readlink(filepath.Join(h.root, "link")); (target == "real") != (version == 1) {
				t.Errorf("the link leads to %q, %v", target, err)
			}
		})
	}
}
