package storage

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// disk notes what is synced, and fails for one of them.
type disk struct {
	site
	synced []string
	bad    string
	err    error
}

func (d *disk) fsync(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	what := "file"
	if info.IsDir() {
		what = d.name(info)
	}
	d.synced = append(d.synced, what)
	if what == d.bad {
		return &os.PathError{Op: "sync", Path: f.Name(), Err: d.err}
	}
	return f.Sync()
}

// name finds a directory below the site by what it is: its descriptor was opened
// as ".".
func (d *disk) name(info os.FileInfo) string {
	for _, name := range []string{".", "a", "a/b", "d"} {
		if at, err := os.Stat(filepath.Join(d.dir, name)); err == nil && os.SameFile(at, info) {
			return name
		}
	}
	return "elsewhere"
}

func TestSync(t *testing.T) {
	allForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "d")
		n := NewFile{Perm: 0o600, Sync: true, Dirs: true, DirPerm: 0o700}
		for _, c := range []struct {
			name string
			sync bool
			want []string
		}{
			{"f", true, []string{"file", "."}},
			{"d/f", true, []string{"file", "d"}},
			{"a/b/f", true, []string{".", "a", "file", "a/b"}},
			{"g", false, nil},
		} {
			d := &disk{site: s}
			s.tree.fsync = d.fsync
			n.Sync = c.sync
			if err := put(s.tree, s.at(c.name), "new", n); err != nil {
				s.Error(err)
			}
			wantFile(s, filepath.Join(s.dir, c.name), "new")
			if !slices.Equal(d.synced, c.want) {
				s.Errorf("%s: synced %q, want %q", c.name, d.synced, c.want)
			}
		}
	})
}

func TestSyncFails(t *testing.T) {
	for name, c := range map[string]struct {
		bad  string
		err  error
		op   string
		want error
		file string // afterwards
		text string
	}{
		"file": {"file", syscall.EIO, "store", syscall.EIO, "old", "sync the file: input/output error"},
		"full": {"file", syscall.ENOSPC, "store", syscall.ENOSPC, "old", "sync the file: no space left on device"},
		"name": {
			"d", syscall.EIO, "store", ErrNotDurable, "new",
			"is in place, but may not survive a power failure: sync its directory: input/output error",
		},
		"no such call": {"d", syscall.EINVAL, "", nil, "new", ""},
	} {
		t.Run(name, func(t *testing.T) {
			allForms(t, Limits{}, func(s site) {
				plant(s, s.dir, "d", "d/f=old")
				d := &disk{site: s, bad: c.bad, err: c.err}
				s.tree.fsync = d.fsync
				err := put(s.tree, s.at("d/f"), "new", NewFile{Perm: 0o600, Sync: true})
				if c.want == nil {
					if err != nil {
						s.Error(err)
					}
				} else {
					wantError(s, err, c.op, s.at("d/f"), c.want)
					if want := "store " + s.at("d/f") + ": " + c.text; err.Error() != want {
						s.Errorf("said %q, want %q", err, want)
					}
				}
				wantFile(s, filepath.Join(s.dir, "d/f"), c.file)
				wantNames(s, filepath.Join(s.dir, "d"), "f")
			})
		})
	}
}

// TestSyncOfNewDirectoryFails before anything moves.
func TestSyncOfNewDirectoryFails(t *testing.T) {
	allForms(t, Limits{}, func(s site) {
		d := &disk{site: s, bad: ".", err: syscall.EIO}
		s.tree.fsync = d.fsync
		_, err := s.tree.Create(s.at("a/f"), NewFile{Size: 1, Perm: 0o600, Sync: true, Dirs: true, DirPerm: 0o700})
		wantError(s, err, "create", s.at("a/f"), syscall.EIO)
		wantNames(s, filepath.Join(s.dir, "a"))
	})
}

func TestSparse(t *testing.T) {
	allForms(t, Limits{}, func(s site) {
		for _, sparse := range []bool{true, false} {
			p, err := s.tree.Create(s.at("f"), NewFile{Size: 8 << 20, Perm: 0o600, Sparse: sparse})
			if err != nil {
				s.Fatal(err)
			}
			info, err := p.File().Stat()
			if err != nil {
				s.Fatal(err)
			}
			d, err := describe(info)
			if err != nil || d.Size != 8<<20 {
				s.Errorf("size %d, %v", d.Size, err)
			}
			if sparse && d.Blocks*512 >= 8<<20 {
				s.Errorf("%d bytes allocated of a sparse file", d.Blocks*512)
			}
			if err := p.Commit(); err != nil {
				s.Error(err)
			}
		}
	})
}
