package storage

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func TestMkdir(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o777} {
		bothForms(t, Limits{}, func(s site) {
			defer syscall.Umask(syscall.Umask(umask))
			for name, perm := range map[string]fs.FileMode{
				"a": 0o750, "b": 0o777, "c": 0, "d": 0o025, "e/": 0o700, "f": fs.ModeSetuid | fs.ModeSticky | 0o711,
			} {
				if err := s.tree.Mkdir(s.at(name), perm); err != nil {
					s.Errorf("umask %o: %v", umask, err)
					continue
				}
				wantMode(s, filepath.Join(s.dir, name), fs.ModeDir|perm.Perm())
			}
		})
	}
}

func TestMkdirFails(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "d", "f=", "dangling>nowhere")
		for name, want := range map[string]error{
			"d":        fs.ErrExist,
			"d/.":      fs.ErrExist,
			"f":        fs.ErrExist,
			"dangling": fs.ErrExist,
			"":         fs.ErrExist,
			"n/m":      fs.ErrNotExist,
			"f/m":      syscall.ENOTDIR,
		} {
			wantError(s, s.tree.Mkdir(s.at(name), 0o777), "mkdir", s.at(name), want)
		}
		wantNames(s, s.dir, "d", "dangling", "f")
	})
}

func TestMkdirAll(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o777} {
		bothForms(t, Limits{}, func(s site) {
			plant(s, s.dir, "d", "link>d", "d/up>..")
			defer syscall.Umask(syscall.Umask(umask))
			for _, name := range []string{
				"a", "b/c/e", "b/c/f/", "d", "d/", "d/.", "link", "link/", "", "g//h//", "i/../j", "k/.", "link/n/m", "d/up/l",
			} {
				for range 2 {
					if err := s.tree.MkdirAll(s.at(name), fs.ModeSetgid|0o750); err != nil {
						s.Errorf("umask %o: %v", umask, err)
					}
				}
			}
			wantNames(s, s.dir, "a", "b", "d", "g", "i", "j", "k", "l", "link")
			wantNames(s, filepath.Join(s.dir, "d"), "n", "up")
			for _, made := range []string{"a", "b", "b/c", "b/c/e", "b/c/f", "g", "g/h", "i", "j", "k", "l", "d/n", "d/n/m"} {
				wantMode(s, filepath.Join(s.dir, made), fs.ModeDir|0o750)
			}
			wantMode(s, filepath.Join(s.dir, "d"), fs.ModeDir|0o755)
			if err := s.tree.MkdirAll("/", 0o750); err != nil {
				s.Error(err)
			}
		})
	}
}

func TestMkdirAllFails(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "d", "f=", "flink>f", "dangling>none", "inner>d/none", "far>none/deep", "loop>loop")
		special(s, s.dir)
		for name, want := range map[string]error{
			"f": syscall.EEXIST, "f/": syscall.EEXIST, "f//": syscall.EEXIST, "flink": syscall.EEXIST, "d/../f": syscall.EEXIST,
			"fifo": syscall.EEXIST, "dangling": syscall.EEXIST, "dangling/": syscall.EEXIST, "inner": syscall.EEXIST,
			"f/m": syscall.ENOTDIR, "f/m/n": syscall.ENOTDIR, "f/.": syscall.ENOTDIR, "flink/m": syscall.ENOTDIR,
			"dangling/m": syscall.ENOENT, "inner/m": syscall.ENOENT, "far": syscall.ENOENT, "loop": syscall.ELOOP, "loop/m": syscall.ELOOP,
			"x\x00y": syscall.EINVAL, strings.Repeat("n", 256): syscall.ENAMETOOLONG,
			strings.Repeat("/n", maxPath): syscall.ENAMETOOLONG,
		} {
			wantError(s, s.tree.MkdirAll(s.at(name), 0o777), "mkdir", s.at(name), want)
		}
		wantError(s, s.tree.MkdirAll("", 0o777), "mkdir", "", syscall.ENOENT)
		wantNames(s, s.dir, "d", "dangling", "f", "far", "fifo", "flink", "inner", "loop", "socket")
		wantNames(s, filepath.Join(s.dir, "d"))
	})
}

func TestMkdirAllDepth(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		name := s.at(strings.TrimPrefix(strings.Repeat("/d", maxDepth-strings.Count(s.at("d"), "/")+1), "/"))
		if err := s.tree.MkdirAll(name, 0o700); err != nil {
			s.Error(err)
		}
		name += "/d"
		wantError(s, s.tree.MkdirAll(name, 0o700), "mkdir", name, syscall.ENAMETOOLONG)
	})
}

// Sessions that make the same directories at the same moment all succeed.
func TestMkdirAllTogether(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		for range 20 {
			var makers sync.WaitGroup
			start := make(chan struct{})
			for range 8 {
				makers.Go(func() {
					<-start
					if err := s.tree.MkdirAll(s.at("a/b/c"), 0o711); err != nil {
						s.Error(err)
					}
				})
			}
			close(start)
			makers.Wait()
			for _, made := range []string{"a", "a/b", "a/b/c"} {
				wantMode(s, filepath.Join(s.dir, made), fs.ModeDir|0o711)
			}
			if err := os.RemoveAll(filepath.Join(s.dir, "a")); err != nil {
				s.Fatal(err)
			}
		}
	})
}

// What came since it was found missing is used if it is a directory.
func TestMkdirAllLate(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "d", "f=old", "link>d")
		missing := s.tree.provide(0o700, false)
		info, err := missing(place{path: s.at("d")})
		if err != nil || !info.IsDir() {
			s.Errorf("a directory: %v, %v", info, err)
		}
		for _, name := range []string{"f", "link"} {
			if info, err := missing(place{path: s.at(name)}); !errors.Is(err, syscall.EEXIST) {
				s.Errorf("%s: %v, %v", name, info, err)
			}
		}
		wantMode(s, filepath.Join(s.dir, "d"), fs.ModeDir|0o755)
	})
}
