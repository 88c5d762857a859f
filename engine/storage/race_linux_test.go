package storage

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// flip exchanges two names as fast as it can until the test ends.
func flip(t *testing.T, a, b string) {
	t.Helper()
	if err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE); err != nil {
		t.Skipf("the file system cannot exchange names: %v", err)
	}
	var stop atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for !stop.Load() {
			_ = unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
		}
	}()
	t.Cleanup(func() { stop.Store(true); <-done })
}

// A directory and a link out of the tree change places while files are read and
// written below that name.
func TestSwappedDirectory(t *testing.T) {
	outer := tempDir(t)
	plant(t, outer, "tree", "outside", "outside/f=secret", "outside/only=secret")
	dir := filepath.Join(outer, "tree")
	plant(t, dir, "d", "d/f=inside", "x>"+outer+"/outside")
	tree, err := Open(dir, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	flip(t, filepath.Join(dir, "d"), filepath.Join(dir, "x"))

	var secret unix.Stat_t
	if err := unix.Stat(filepath.Join(outer, "outside/f"), &secret); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(outer, "outside", newTempName()) // not to be swept from inside
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	mass := NewMassStorage(MassConfig{Stores: []Store{{"/", tree}}})
	var read, stored, listed int
	for i := 0; i < 2000 || read < 10 || stored < 10 || listed < 10; i++ {
		tree.nameless = nameless
		if i%2 == 1 {
			tree.nameless = noNameless
		}
		if src, err := tree.OpenSource("/d/f"); err == nil {
			got, err := io.ReadAll(src.File())
			if err != nil || string(got) != "inside" {
				t.Fatalf("read %q, %v", got, err)
			}
			read++
			src.Close()
		}
		if store(tree, "/d/f", "inside", 0o600) == nil {
			stored++
		}
		_ = tree.Mkdir("/d/m", 0o700)
		_ = tree.Remove("/d/m")
		_ = tree.MkdirAll(fmt.Sprintf("/d/m%d/n", i), 0o700)
		_ = put(tree, fmt.Sprintf("/d/p%d/n/f", i), "inside", NewFile{Perm: 0o600, Dirs: true, DirPerm: 0o700})
		if names, _ := tree.Glob(t.Context(), "/", "d/on*"); len(names) != 0 {
			t.Fatalf("listed %q", names)
		}
		entries, err := tree.List(t.Context(), "/", "d/on*")
		if len(entries) != 0 {
			t.Fatalf("listed %v", entries)
		}
		if err == nil {
			listed++
		}
		if d, err := tree.Describe("/d/f"); err == nil && d.Inode == secret.Ino {
			t.Fatalf("described %+v", d)
		}
		if tree.Remove("/d/only") == nil {
			t.Fatal("removed what is outside")
		}
		_ = tree.Remove("/d/f")
		if at, err := tree.Chdir("/d"); err == nil && at != "/d" {
			t.Fatalf("went to %s", at)
		}
		if info, err := tree.Stat("/d/only"); err == nil {
			t.Fatalf("stat says %v", info)
		}
		_, _ = tree.Space("/d/f")
		if src, err := mass.Open(t.Context(), "/d/only", "/"); err == nil {
			t.Fatalf("opened %s", src.File().Name())
		}
	}
	wantNames(t, filepath.Join(outer, "outside"), filepath.Base(left), "f", "only")
	wantFile(t, filepath.Join(outer, "outside/f"), "secret")
}

// The file itself and a link out of the tree change places.
func TestSwappedFile(t *testing.T) {
	outer := tempDir(t)
	plant(t, outer, "tree", "secret=secret")
	dir := filepath.Join(outer, "tree")
	plant(t, dir, "f=inside", "x>../secret")
	tree, err := Open(dir, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	flip(t, filepath.Join(dir, "f"), filepath.Join(dir, "x"))

	var read int
	for i := 0; i < 2000 || read < 10; i++ {
		src, err := tree.OpenSource("/f")
		if err != nil {
			continue
		}
		got, err := io.ReadAll(src.File())
		if err != nil || string(got) != "inside" {
			t.Fatalf("read %q, %v", got, err)
		}
		read++
		src.Close()
		if p, err := tree.Create("/f", v1(6, 0o600)); err == nil {
			if err := p.Abort(); err != nil {
				t.Fatal(err)
			}
		}
	}
	wantFile(t, filepath.Join(outer, "secret"), "secret")
}

// The target's directory is swapped between Create and Commit: the file ends in
// the directory it was begun in.
func TestPinnedDirectory(t *testing.T) {
	outer := tempDir(t)
	plant(t, outer, "tree", "outside")
	dir := filepath.Join(outer, "tree")
	plant(t, dir, "d")
	tree, err := Open(dir, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	p, err := tree.Create("/d/f", v1(1, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "d"), filepath.Join(dir, "moved")); err != nil {
		t.Fatal(err)
	}
	plant(t, dir, "d>"+outer+"/outside")
	if err := p.Commit(); err != nil {
		t.Fatal(err)
	}
	wantNames(t, filepath.Join(outer, "outside"))
	wantNames(t, filepath.Join(dir, "moved"), "f")
}

func TestNoDescriptorLeaks(t *testing.T) {
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skipf("no list of descriptors: %v", err)
		}
		return len(entries)
	}
	allForms(t, Limits{MaxFileSize: 10}, func(s site) {
		plant(s, s.dir, "d", "f=old", "loop>loop", "out>/")
		special(s, s.dir)
		fifo, err := s.tree.existing(s.at("fifo"))
		if err != nil {
			s.Fatal(err)
		}
		f, err := s.tree.existing(s.at("f"))
		if err != nil {
			s.Fatal(err)
		}
		// The collector would close what was forgotten.
		defer debug.SetGCPercent(debug.SetGCPercent(-1))
		mass := NewMassStorage(MassConfig{Stores: []Store{{"/", s.tree}}})
		before := count()
		for range 5 {
			for _, name := range []string{"f", "new", "d", "fifo", "loop", "none/f", "f/", "out", "d/.."} {
				if src, err := s.tree.OpenSource(s.at(name)); err == nil {
					src.Close()
				}
				if p, err := s.tree.Create(s.at(name), v1(3, 0o666)); err == nil {
					p.Abort()
				}
				_, _ = s.tree.Create(s.at(name), v1(11, 0o666))
				if p, err := s.tree.Create(s.at(name), v1(3, 0o666)); err == nil {
					_ = p.File().Truncate(2)
					if p.Commit() == nil {
						s.Error("stored an incomplete file")
					}
				}
				_ = store(s.tree, s.at(name), "new", 0o666)
				_, _ = s.tree.Chdir(s.at(name))
				_ = s.tree.Mkdir(s.at(name), 0o777)
				_ = s.tree.MkdirAll(s.at(name+"3/4"), 0o777)
				_ = os.RemoveAll(filepath.Join(s.dir, name+"3"))
				if p, err := s.tree.Create(s.at(name+"3/f"), NewFile{Size: 1, Dirs: true, DirPerm: 0o777}); err == nil {
					p.Abort()
				}
				_ = os.RemoveAll(filepath.Join(s.dir, name+"3"))
				_, _ = s.tree.List(s.Context(), s.at(""), name+"/*")
				_, _ = s.tree.List(&impatient{s.Context(), 1}, s.at(""), "*")
				_, _ = s.tree.Describe(s.at(name))
				_, _ = s.tree.Space(s.at(name))
				if s.tree.Mkdir(s.at(name+"2"), 0o777) == nil {
					_ = os.Remove(filepath.Join(s.dir, name+"2"))
				}
				if src, err := mass.Open(s.Context(), s.at(name), s.at("")); err == nil {
					src.Close()
				}
				// A FIFO that was a file when it was looked at.
				if _, err := openSource(s.tree.files, place{path: fifo.path, info: f.info}); !errors.Is(err, ErrNotRegular) {
					s.Error(err)
				}
				_, _ = s.tree.Glob(s.Context(), s.at(""), name+"/*")
			}
		}
		if after := count(); after > before { // fewer: an earlier test's are gone by now
			s.Errorf("%d descriptors before, %d after", before, after)
		}
	})
}
