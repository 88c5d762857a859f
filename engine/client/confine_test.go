package client

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"bbftp/engine/storage"
)

// TestConfine has local names lead nowhere but below a directory.
func TestConfine(t *testing.T) {
	c := dial(t, 1, nil)
	outside := filepath.Join(t.TempDir(), "secret")
	for _, err := range []error{
		os.WriteFile(outside, nil, 0o600),
		os.MkdirAll(c.path("in/sub"), 0o755),
		os.Symlink(outside, c.path("in/file")),
		os.Symlink(filepath.Dir(outside), c.path("in/dir")),
		os.Symlink("sub", c.path("in/near")),
		os.WriteFile(c.path("beside"), nil, 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	fails[*LocalError](t, c.Confine("beside"), "local directory", "beside")
	fails[*LocalError](t, c.Confine("missing"), "local directory", "no such file")
	if err := c.Confine("./in/"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"beside", "in", "in/sub", "./in/file", "./in/dir/secret", "./in/dir/new", outside} {
		_, err := c.Put(t.Context(), name, "x")
		fails[*LocalError](t, err, "put "+name+": local file: ", storage.ErrEscapes.Error())
		_, err = c.Get(t.Context(), "x", name)
		fails[*LocalError](t, err, "get x: local file: ", storage.ErrEscapes.Error())
	}
	_, err := c.Put(t.Context(), "./in/../beside", "x") // ".." at the top stays there
	fails[*LocalError](t, err, "open "+c.cfg.LocalDir+"/./in/../beside: no such file")
	_, err = c.Put(t.Context(), "./in/near/missing", "x")
	fails[*LocalError](t, err, "open "+c.cfg.LocalDir+"/./in/near/missing: no such file")

	for _, tt := range []struct {
		dir     string
		noDirs  bool
		refused error
	}{
		{"./in/sub", false, nil},
		{"./in/new", true, nil},
		{"./in/new", true, nil},
		{"./in/a/b", true, fs.ErrNotExist},
		{"./in/a/b", false, nil},
		{"./in/near/c", false, nil},
		{"./in/dir/c", false, storage.ErrEscapes},
		{"./in/dir", false, storage.ErrEscapes},
		{"in/c", false, storage.ErrEscapes},
	} {
		c.Settings().NoDirs = tt.noDirs
		err := c.MkdirLocal(tt.dir, 0o751)
		if !errors.Is(err, tt.refused) {
			t.Errorf("make %s: %v, want %v", tt.dir, err, tt.refused)
		}
	}
	for dir, want := range map[string]fs.FileMode{"in/sub": 0o755, "in/new": 0o751, "in/a": 0o751, "in/a/b": 0o751, "in/sub/c": 0o751} {
		if info, err := os.Stat(c.path(dir)); err != nil || info.Mode() != fs.ModeDir|want {
			t.Errorf("%s: %v, %v, want mode %o", dir, info, err, want)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(outside)); err != nil || len(entries) != 1 {
		t.Errorf("outside: %v, %v", entries, err)
	}

	// ".." leads up from where the link does, as it does without a confinement.
	if err := os.Symlink("in/sub", c.path("link")); err != nil {
		t.Fatal(err)
	}
	if err := c.Confine("link/.."); err != nil {
		t.Fatal(err)
	}
	if err := c.MkdirLocal("link/../up", 0o700); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(c.path("in/up")); err != nil || !info.IsDir() {
		t.Errorf("in/up: %v, %v", info, err)
	}

	if err := c.Confine(""); err != nil {
		t.Fatal(err)
	}
	if err := c.MkdirLocal("free", 0o700); err != nil {
		t.Error(err)
	}
}
