package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestLinksStayInside(t *testing.T) {
	outer := tempDir(t)
	plant(t, outer, "alias>real", "real", "secret=secret", "real-not", "real-not/f=secret")
	dir := filepath.Join(outer, "real")
	plant(t, dir, "d", "f=inside", "d/f=deep",
		"abs>"+dir+"/d/f", "alias>"+outer+"/alias/d/f", "slashes>"+outer+"//real///d//f", "top>"+dir, "up>d/../f", "d/up>../f",
		"loop>loop", "a>b", "b>a", "dangling>d/none",
		"out>"+outer+"/secret", "sibling>"+dir+"-not/f", "climb>../secret", "d/climb>../../real/f",
		"dotted>"+dir+"/../secret", "elsewhere>/etc", "via>out", "file>f/")
	tree, err := Open(filepath.Join(outer, "alias"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()

	for name, want := range map[string]string{
		"/abs": "/d/f", "/alias": "/d/f", "/slashes": "/d/f", "/up": "/f", "/d/up": "/f",
		"/top": "/", "/top/top/d/f": "/d/f", "/../../f": "/f", "/top/../f": "/f", "/d/../../f": "/f",
	} {
		at, err := tree.existing(name)
		if err != nil || at.path != want {
			t.Errorf("%s leads to %q, %v; want %q", name, at.path, err, want)
		}
	}
	if at, err := tree.resolve("/dangling", true); err != nil || at.path != "/d/none" || at.info != nil {
		t.Errorf("dangling leads to %v, %v", at, err)
	}
	for name, want := range map[string]error{
		"/loop": syscall.ELOOP, "/a": syscall.ELOOP, "/file": syscall.ENOTDIR,
		"/out": ErrEscapes, "/sibling": ErrEscapes, "/climb": ErrEscapes, "/d/climb": ErrEscapes,
		"/dotted": ErrEscapes, "/elsewhere/passwd": ErrEscapes, "/via": ErrEscapes, "/d/../out": ErrEscapes,
	} {
		_, err := tree.OpenSource(name)
		wantError(t, err, "open", name, want)
		_, err = tree.Create(name, v1(1, 0o666))
		wantError(t, err, "create", name, want)
		if want == ErrEscapes {
			wantError(t, err, "create", name, fs.ErrPermission)
		}
	}
	wantFile(t, filepath.Join(outer, "secret"), "secret")
	wantFile(t, filepath.Join(outer, "real-not/f"), "secret")
}

// Climbing is no escape where there is nothing to climb out of.
func TestLinksInWholeFileSystem(t *testing.T) {
	dir := tempDir(t)
	plant(t, dir, "f=x", "climb>"+strings.Repeat("../", 60)+dir[1:]+"/f", "abs>"+dir+"/f")
	confined, err := Open("/", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tree := range []*Tree{confined, Unconfined(Limits{})} {
		defer tree.Close()
		for _, name := range []string{"/climb", "/abs"} {
			if at, err := tree.existing(dir + name); err != nil || at.path != dir+"/f" {
				t.Errorf("%s leads to %v, %v", name, at, err)
			}
		}
	}
}

func TestManyLinks(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "l0=x")
		for i := range maxLinks + 1 {
			plant(s, s.dir, fmt.Sprintf("l%d>l%d", i+1, i))
		}
		if _, err := s.tree.Stat(s.at(fmt.Sprintf("l%d", maxLinks))); err != nil {
			s.Error(err)
		}
		name := s.at(fmt.Sprintf("l%d", maxLinks+1))
		_, err := s.tree.Stat(name)
		wantError(s, err, "stat", name, syscall.ELOOP)
	})
}

func FuzzResolve(f *testing.F) {
	outer := tempDir(f)
	dir := filepath.Join(outer, "top")
	plant(f, outer, "top", "top2", "top2/f=secret")
	plant(f, dir, "d", "d/e", "d/f=", "f=")
	tree, err := Open(dir, Limits{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("/l", "../top2/f", true)
	f.Add("/d/l/../l/f", dir+"/d", false)
	f.Add("/l/l/l", "d/../l/../..", true)
	f.Add("l/..//./d/l/", dir+"/../top2", true)
	f.Add("/d/e/../../../top2", "/", false)
	f.Fuzz(func(t *testing.T, name, target string, follow bool) {
		for _, link := range []string{"l", "d/l"} {
			os.Remove(filepath.Join(dir, link))
			if os.Symlink(target, filepath.Join(dir, link)) != nil {
				return
			}
		}
		at, err := tree.resolve(name, follow)
		if err != nil {
			return
		}
		if at.path != "/" && (!strings.HasPrefix(at.path, "/") || filepath.Clean(at.path) != at.path) {
			t.Fatalf("%q with %q leads to %q", name, target, at.path)
		}
		// All but an unfollowed last component is free of links, so the kernel
		// finds it in the same place.
		parent, base := filepath.Split(at.path)
		real, err := filepath.EvalSymlinks(dir + parent)
		if err != nil || real != filepath.Clean(dir+parent) {
			t.Fatalf("%q with %q leads to %q, that is %q, %v", name, target, at.path, real, err)
		}
		info, err := os.Lstat(filepath.Join(real, base))
		if errors.Is(err, fs.ErrNotExist) != (at.info == nil) {
			t.Fatalf("%q with %q leads to %v, but: %v", name, target, at, err)
		}
		if follow && err == nil && info.Mode().Type() == fs.ModeSymlink {
			t.Fatalf("%q with %q ends at the link %q", name, target, at.path)
		}
	})
}

func TestResolveDepth(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		name := s.at("d" + strings.Repeat("/d", maxDepth))
		dir := s.dir
		for range maxDepth + 1 {
			dir += "/d"
			if err := os.Mkdir(dir, 0o777); err != nil {
				s.Fatal(err)
			}
		}
		_, err := s.tree.Chdir(name)
		wantError(s, err, "chdir", name, syscall.ENAMETOOLONG)
		if _, err := s.tree.Chdir(s.at("d/d/d/d")); err != nil {
			s.Error(err)
		}
	})
}
