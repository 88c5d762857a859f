package storage

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// put runs a whole Create, write and Commit of what n describes but its size.
func put(tree *Tree, name, content string, n NewFile) error {
	n.Size = int64(len(content))
	p, err := tree.Create(name, n)
	if err != nil {
		return err
	}
	if _, err := p.File().WriteAt([]byte(content), 0); err != nil {
		return errors.Join(err, p.Abort())
	}
	return p.Commit()
}

func wantMode(t testing.TB, name string, want fs.FileMode) {
	t.Helper()
	info, err := os.Lstat(name)
	if err != nil {
		t.Error(err)
	} else if info.Mode() != want {
		t.Errorf("%s has %v, want %v", name, info.Mode(), want)
	}
}

func TestKeep(t *testing.T) {
	for _, umask := range []int{0, 0o777} {
		allForms(t, Limits{}, func(s site) {
			defer syscall.Umask(syscall.Umask(umask))
			for _, c := range []struct {
				keep bool
				want fs.FileMode
			}{{true, 0o604}, {false, 0o640}} {
				os.Remove(filepath.Join(s.dir, "f"))
				plant(s, s.dir, "f=old")
				if err := os.Chmod(filepath.Join(s.dir, "f"), 0o604); err != nil {
					s.Fatal(err)
				}
				if err := put(s.tree, s.at("f"), "new", NewFile{Perm: fs.ModeSetuid | 0o640, Keep: c.keep}); err != nil {
					s.Error(err)
				}
				wantFile(s, filepath.Join(s.dir, "f"), "new")
				wantMode(s, filepath.Join(s.dir, "f"), c.want)
			}
		})
	}
}

func TestTimes(t *testing.T) {
	accessed, modified := time.Unix(1000000000, 0), time.Unix(1000000060, 0)
	allForms(t, Limits{}, func(s site) {
		for name, n := range map[string]NewFile{
			"none":     {},
			"accessed": {Accessed: accessed},
			"modified": {Modified: modified},
			"both":     {Accessed: accessed, Modified: modified},
			"epoch":    {Accessed: time.Unix(0, 0), Modified: time.Unix(0, 0)},
			"far":      {Accessed: time.Unix(1<<32-1, 0), Modified: time.Unix(1<<32-2, 0)},
			"locked":   {Accessed: accessed, Modified: modified, Perm: 0},
		} {
			if name != "locked" {
				n.Perm = 0o600
			}
			n.Size = 3
			p, err := s.tree.Create(s.at(name), n)
			if err != nil {
				s.Fatal(err)
			}
			if _, err := p.File().WriteAt([]byte("new"), 0); err != nil {
				s.Fatal(err)
			}
			info, err := p.File().Stat()
			if err != nil {
				s.Fatal(err)
			}
			want, err := describe(info)
			if err != nil {
				s.Fatal(err)
			}
			if !n.Accessed.IsZero() {
				want.Accessed = n.Accessed
			}
			if !n.Modified.IsZero() {
				want.Modified = n.Modified
			}
			if err := p.Commit(); err != nil {
				s.Fatal(err)
			}
			got, err := s.tree.Describe(s.at(name))
			if err != nil || !got.Accessed.Equal(want.Accessed) || !got.Modified.Equal(want.Modified) {
				s.Errorf("%s: times %v and %v, %v; want %v and %v", name, got.Accessed, got.Modified, err, want.Accessed, want.Modified)
			}
		}
	})
}

func TestCreateMakesDirectories(t *testing.T) {
	for _, umask := range []int{0, 0o777} {
		allForms(t, Limits{}, func(s site) {
			plant(s, s.dir, "d", "d/old=old", "link>d")
			defer syscall.Umask(syscall.Umask(umask))
			n := NewFile{Perm: 0o604, Dirs: true, DirPerm: fs.ModeSticky | 0o751}
			for name, real := range map[string]string{
				"f": "f", "d/old": "d/old", "a/f": "a/f", "d/e//f/./g/f": "d/e/f/g/f", "link/n/f": "d/n/f", "gone/../h/f": "h/f",
			} {
				if err := put(s.tree, s.at(name), "new", n); err != nil {
					s.Error(err)
				}
				wantFile(s, filepath.Join(s.dir, real), "new")
				wantMode(s, filepath.Join(s.dir, real), 0o604)
			}
			for _, made := range []string{"a", "d/e", "d/e/f", "d/e/f/g", "d/n", "gone", "h"} {
				wantMode(s, filepath.Join(s.dir, made), fs.ModeDir|0o751)
			}
			wantMode(s, filepath.Join(s.dir, "d"), fs.ModeDir|0o755)
		})
	}
}

func TestCreateDirectoriesRefused(t *testing.T) {
	allForms(t, Limits{MaxFileSize: 10}, func(s site) {
		plant(s, s.dir, "d", "f=old", "dangling>none", "far>none/deep", "inner>d/none")
		n := NewFile{Size: 1, Perm: 0o600, Dirs: true, DirPerm: 0o755}
		for name, want := range map[string]error{
			"f/g": syscall.ENOTDIR, "f/g/h": syscall.ENOTDIR,
			"dangling/f": syscall.ENOENT, "far/f": syscall.ENOENT, "inner/f": syscall.ENOENT, "far": syscall.ENOENT,
			"n/": ErrIsDirectory, "n/m/": syscall.ENOENT, "n/.": syscall.ENOENT, "n/..": syscall.ENOENT, "d/..": ErrIsDirectory,
		} {
			_, err := s.tree.Create(s.at(name), n)
			wantError(s, err, "create", s.at(name), want)
		}
		n.Size = 11
		_, err := s.tree.Create(s.at("n/f"), n)
		wantError(s, err, "create", s.at("n/f"), ErrTooLarge)
		n.Size, n.Dirs = 1, false
		_, err = s.tree.Create(s.at("n/f"), n)
		wantError(s, err, "create", s.at("n/f"), syscall.ENOENT)
		wantNames(s, s.dir, "d", "dangling", "f", "far", "inner")
		wantNames(s, filepath.Join(s.dir, "d"))
	})
}

// As documented, and like the legacy programs: what was made on the way stays.
func TestCreatedDirectoriesStay(t *testing.T) {
	allForms(t, Limits{}, func(s site) {
		n := NewFile{Size: 1, Perm: 0o600, Dirs: true, DirPerm: 0o755}
		long := s.at("a/" + strings.Repeat("n", 256))
		_, err := s.tree.Create(long, n)
		wantError(s, err, "create", long, syscall.ENAMETOOLONG)
		p, err := s.tree.Create(s.at("b/f"), n)
		if err != nil {
			s.Fatal(err)
		}
		if err := p.Abort(); err != nil {
			s.Error(err)
		}
		wantNames(s, s.dir, "a", "b")
		wantNames(s, filepath.Join(s.dir, "b"))
	})
}

// TestReplaceLink puts the file in the place of a link, wherever that leads, but
// not of one to a directory.
func TestReplaceLink(t *testing.T) {
	allForms(t, Limits{}, func(s site) {
		outside := filepath.Join(s.TempDir(), "secret")
		if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
			s.Fatal(err)
		}
		plant(s, s.dir, "real=old", "sub/")
		for name, target := range map[string]string{"latest": "real", "lost": "nowhere", "out": outside, "loop": "loop", "dir": "sub"} {
			if err := os.Symlink(target, filepath.Join(s.dir, name)); err != nil {
				s.Fatal(err)
			}
		}
		for _, name := range []string{"latest", "lost", "out", "loop"} {
			for _, writable := range []bool{true, false} {
				if err := put(s.tree, s.at(name), "new", NewFile{Perm: 0o640, ReplaceLink: true, Writable: writable, Keep: writable}); err != nil {
					s.Errorf("%s: %v", name, err)
				}
			}
			wantFile(s, filepath.Join(s.dir, name), "new")
			wantMode(s, filepath.Join(s.dir, name), 0o640)
		}
		wantFile(s, filepath.Join(s.dir, "real"), "old")
		wantFile(s, outside, "secret")
		for _, name := range []string{"dir", "dir/", "latest/"} {
			if err := put(s.tree, s.at(name), "new", NewFile{ReplaceLink: true}); err == nil {
				s.Errorf("%s is replaced", name)
			}
		}
		if err := put(s.tree, s.at("dir"), "new", NewFile{ReplaceLink: true}); !errors.Is(err, ErrIsDirectory) {
			s.Errorf("a link to a directory: %v", err)
		}
	})
}
