package storage

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// site is a directory made for a test and a tree that reaches it.
type site struct {
	*testing.T
	tree *Tree
	dir  string // from outside
	top  string // the same, as the tree's paths spell it
}

// at returns the path of name for the methods of the tree.
func (s site) at(name string) string { return Join(s.top, strings.TrimPrefix(name, "/")) }

// bothForms runs a test on a confined tree and on the whole file system.
func bothForms(t *testing.T, l Limits, test func(s site)) {
	t.Helper()
	t.Run("confined", func(t *testing.T) { test(confinedSite(t, l)) })
	t.Run("unconfined", func(t *testing.T) {
		dir := tempDir(t)
		tree := Unconfined(l)
		defer tree.Close()
		test(site{t, tree, dir, dir})
	})
}

// allForms does the same for what makes files, and on a tree where those have
// temporary names.
func allForms(t *testing.T, l Limits, test func(s site)) {
	t.Helper()
	bothForms(t, l, test)
	t.Run("named", func(t *testing.T) {
		s := confinedSite(t, l)
		s.tree.nameless = noNameless
		test(s)
	})
}

func confinedSite(t *testing.T, l Limits) site {
	dir := tempDir(t)
	tree, err := Open(dir, l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	return site{t, tree, dir, "/"}
}

// noNameless is a file system without O_TMPFILE.
func noNameless(folder, string) (*os.File, error) { return nil, syscall.EOPNOTSUPP }

// tempDir is free of links and, unlike t.TempDir, open to every user.
func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// plant makes what the entries say below dir: "d/", "file=content", "link>target".
func plant(t testing.TB, dir string, entries ...string) {
	t.Helper()
	for _, e := range entries {
		var err error
		if name, target, ok := strings.Cut(e, ">"); ok {
			err = os.Symlink(target, filepath.Join(dir, name))
		} else if name, content, ok := strings.Cut(e, "="); ok {
			err = os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644)
		} else {
			err = os.Mkdir(filepath.Join(dir, e), 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func wantFile(t testing.TB, name, content string) {
	t.Helper()
	got, err := os.ReadFile(name)
	if err != nil || string(got) != content {
		t.Errorf("%s holds %q, %v; want %q", name, got, err, content)
	}
}

// wantNames checks the directory's whole content, so also that nothing temporary stays.
func wantNames(t testing.TB, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%s has %q, want %q", dir, got, want)
	}
}

// wantError checks the cause, and that the failure names operation and path.
func wantError(t testing.TB, err error, op, name string, want error) {
	t.Helper()
	var path *fs.PathError
	if !errors.Is(err, want) || !errors.As(err, &path) || path.Op != op || path.Path != name {
		t.Errorf("got %v, want %s %s: %v", err, op, name, want)
	}
}

func TestJoin(t *testing.T) {
	for _, c := range [][3]string{
		{"/", "a", "/a"},
		{"/d", "a", "/d/a"},
		{"/d/", "a", "/d/a"},
		{"/d", "/a", "/a"},
		{"/d", "..", "/d/.."},
		{"/d", "a/../b", "/d/a/../b"},
		{"/d", "a/", "/d/a/"},
		{"/d", "", "/d/"},
	} {
		if got := Join(c[0], c[1]); got != c[2] {
			t.Errorf("Join(%q, %q) = %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestOpenFails(t *testing.T) {
	dir := tempDir(t)
	plant(t, dir, "f=")
	name := filepath.Join(dir, "none")
	_, err := Open(name, Limits{})
	wantError(t, err, "open", name, fs.ErrNotExist)
	if _, err := Open(filepath.Join(dir, "f"), Limits{}); err == nil {
		t.Error("a file opened as a tree")
	}
}

// TestOpenUpwards has ".." lead where it leads the system: up from what the link
// before it leads to.
func TestOpenUpwards(t *testing.T) {
	dir := tempDir(t)
	plant(t, dir, "here", "there", "there/deep", "there/f=", "here/link>../there/deep", "there/away>"+dir+"/here/f")
	for _, tt := range []struct{ cwd, name string }{
		{"", filepath.Join(dir, "here") + "/link/.."},
		{"here", "link/.."},
		{"here", "./link/../"},
		{"here", "../there/."},
		{"here/link", ".."}, // as $PWD has it
	} {
		t.Chdir(filepath.Join(dir, tt.cwd))
		tree, err := Open(tt.name, Limits{})
		if err != nil {
			t.Errorf("%s in %s: %v", tt.name, tt.cwd, err)
			continue
		}
		if _, err := tree.Stat("/f"); err != nil {
			t.Errorf("%s in %s: %v", tt.name, tt.cwd, err)
		}
		_, err = tree.Stat("/away")
		wantError(t, err, "stat", "/away", ErrEscapes)
		tree.Close()
	}
}

func TestChdir(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "a", "a/b", "f=", "link>a/b", "dangling>nowhere")
		for name, want := range map[string]string{
			"a":         "a",
			"a/b":       "a/b",
			"a//b/":     "a/b",
			"a/./b/..":  "a",
			"link":      "a/b",
			"link/..":   "a", // not the tree's top: ".." is taken after the link
			"link/../b": "a/b",
		} {
			got, err := s.tree.Chdir(s.at(name))
			if err != nil || got != s.at(want) {
				s.Errorf("Chdir(%q) = %q, %v; want %q", name, got, err, want)
			}
		}
		for name, want := range map[string]error{
			"none":                     syscall.ENOENT,
			"none/..":                  syscall.ENOENT,
			"dangling":                 syscall.ENOENT,
			"f":                        syscall.ENOTDIR,
			"f/":                       syscall.ENOTDIR,
			"f/..":                     syscall.ENOTDIR,
			"a\x00b":                   syscall.EINVAL,
			strings.Repeat("n", 300):   syscall.ENAMETOOLONG,
			strings.Repeat("./", 2048): syscall.ENAMETOOLONG,
		} {
			_, err := s.tree.Chdir(s.at(name))
			wantError(s, err, "chdir", s.at(name), want)
		}
		_, err := s.tree.Chdir("")
		wantError(s, err, "chdir", "", syscall.ENOENT)
		for _, name := range []string{"/", "/..", "/../..", "//"} {
			if got, err := s.tree.Chdir(name); err != nil || got != "/" {
				s.Errorf("Chdir(%q) = %q, %v", name, got, err)
			}
		}
	})
}

func TestStat(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "f=abc", "link>f")
		info, err := s.tree.Stat(s.at("link"))
		if err != nil || info.Size() != 3 || !info.Mode().IsRegular() {
			s.Errorf("Stat(link) = %v, %v", info, err)
		}
		_, err = s.tree.Stat(s.at("none"))
		wantError(s, err, "stat", s.at("none"), fs.ErrNotExist)
	})
}

func TestRemove(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "d", "f=abc", "g=", "link>f", "dangling>nowhere", "out>/etc/passwd")
		for _, name := range []string{"link", "dangling", "out", "g"} {
			if err := s.tree.Remove(s.at(name)); err != nil {
				s.Error(err)
			}
		}
		wantError(s, s.tree.Remove(s.at("d")), "remove", s.at("d"), ErrIsDirectory)
		wantError(s, s.tree.Remove(s.at("none")), "remove", s.at("none"), syscall.ENOENT)
		wantError(s, s.tree.Remove(s.at("f/")), "remove", s.at("f/"), syscall.ENOTDIR)
		wantNames(s, s.dir, "d", "f")
	})
}
