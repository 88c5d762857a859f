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

// v1 is what a version 1 store asks for.
func v1(size int64, perm fs.FileMode) NewFile {
	return NewFile{Size: size, Perm: perm, Keep: true, Writable: true}
}

// store runs a whole Create, write and Commit.
func store(tree *Tree, name, content string, perm fs.FileMode) error {
	p, err := tree.Create(name, v1(int64(len(content)), perm))
	if err != nil {
		return err
	}
	if _, err := p.File().WriteAt([]byte(content), 0); err != nil {
		return errors.Join(err, p.Abort())
	}
	return p.Commit()
}

func TestStore(t *testing.T) {
	long := strings.Repeat("n", 255)
	allForms(t, Limits{MaxFileSize: 10}, func(s site) {
		plant(s, s.dir, "d", "old=old", "link>d/target", "d/target=old", "dangling>d/new")
		for name, real := range map[string]string{
			"new": "new", "old": "old", "link": "d/target", "dangling": "d/new", "d/../x": "x", long: long,
		} {
			if err := store(s.tree, s.at(name), "content", 0o640); err != nil {
				s.Error(err)
			}
			wantFile(s, filepath.Join(s.dir, real), "content")
		}
		if err := store(s.tree, s.at("empty"), "", 0o640); err != nil {
			s.Error(err)
		}
		wantFile(s, filepath.Join(s.dir, "empty"), "")
		wantNames(s, s.dir, "d", "dangling", "empty", "link", "new", long, "old", "x")
		wantNames(s, filepath.Join(s.dir, "d"), "new", "target")
	})
}

func TestCreateRefuses(t *testing.T) {
	allForms(t, Limits{MaxFileSize: 10}, func(s site) {
		plant(s, s.dir, "d", "dlink>d", "f=old", "fifolink>fifo", "loop>loop")
		special(s, s.dir)
		for name, want := range map[string]error{
			"d": ErrIsDirectory, "dlink": ErrIsDirectory, "d/..": ErrIsDirectory, "none/": ErrIsDirectory, "f/": syscall.ENOTDIR,
			"fifo": ErrNotRegular, "fifolink": ErrNotRegular, "socket": ErrNotRegular, "loop": syscall.ELOOP,
			"none/f": syscall.ENOENT, "f/f": syscall.ENOTDIR, strings.Repeat("n", 256): syscall.ENAMETOOLONG,
		} {
			_, err := s.tree.Create(s.at(name), v1(1, 0o666))
			wantError(s, err, "create", s.at(name), want)
		}
		_, err := s.tree.Create("/..", v1(1, 0o666))
		wantError(s, err, "create", "/..", ErrIsDirectory)
		for size, want := range map[int64]error{-1: syscall.EINVAL, 11: ErrTooLarge, 1 << 62: syscall.EFBIG} {
			_, err := s.tree.Create(s.at("f"), v1(size, 0o666))
			wantError(s, err, "create", s.at("f"), want)
		}
		wantFile(s, filepath.Join(s.dir, "f"), "old")
		wantNames(s, s.dir, "d", "dlink", "f", "fifo", "fifolink", "loop", "socket")
		wantNames(s, filepath.Join(s.dir, "d"))
	})
}

func TestReserve(t *testing.T) {
	for _, reserve := range []int64{1 << 60, NoReserve} {
		allForms(t, Limits{Reserve: reserve}, func(s site) {
			plant(s, s.dir, "f=old")
			err := store(s.tree, s.at("f"), "new", 0o666)
			if reserve == NoReserve {
				if err != nil {
					s.Error(err)
				}
				return
			}
			wantError(s, err, "create", s.at("f"), ErrNoSpace)
			wantError(s, err, "create", s.at("f"), syscall.ENOSPC)
			wantFile(s, filepath.Join(s.dir, "f"), "old")
			if err := store(s.tree, s.at("empty"), "", 0o666); err != nil {
				s.Errorf("an empty file needs no space: %v", err)
			}
			wantNames(s, s.dir, "empty", "f")
		})
	}
}

func TestPendingFile(t *testing.T) {
	old := syscall.Umask(0o777)
	defer syscall.Umask(old)
	allForms(t, Limits{}, func(s site) {
		p, err := s.tree.Create(s.at("f"), v1(3000, 0o666))
		if err != nil {
			s.Fatal(err)
		}
		info, err := p.File().Stat()
		if err != nil || info.Size() != 3000 || info.Mode().Perm() != 0 {
			s.Errorf("pending file: %v, %v", info, err)
		}
		wantNames(s, s.dir, strings.Fields(p.temp)...)
		if p.temp != "" && !isTempName(p.temp) {
			s.Errorf("temporary file %s", p.temp)
		}
		var writers sync.WaitGroup
		for i := range int64(3) {
			writers.Go(func() {
				if _, err := p.File().WriteAt([]byte(strings.Repeat(string(rune('a'+i)), 1000)), 1000*i); err != nil {
					s.Error(err)
				}
			})
		}
		writers.Wait()
		if err := p.Commit(); err != nil {
			s.Fatal(err)
		}
		wantFile(s, filepath.Join(s.dir, "f"), strings.Repeat("a", 1000)+strings.Repeat("b", 1000)+strings.Repeat("c", 1000))
	})
}

func TestPendingEndsOnce(t *testing.T) {
	allForms(t, Limits{}, func(s site) {
		begin := func(name string) *Pending {
			p, err := s.tree.Create(s.at(name), v1(1, 0o666))
			if err != nil {
				s.Fatal(err)
			}
			return p
		}
		p := begin("kept")
		for _, end := range []func() error{p.Commit, p.Abort, p.Commit, p.Abort} {
			if err := end(); err != nil {
				s.Error(err)
			}
		}
		p = begin("thrown")
		for range 2 {
			if err := p.Abort(); err != nil {
				s.Error(err)
			}
		}
		for range 2 {
			wantError(s, p.Commit(), "store", s.at("thrown"), fs.ErrClosed)
		}
		p = begin("swept") // somebody else removed the temporary file
		entries, _ := filepath.Glob(filepath.Join(s.dir, ".bbftp.*"))
		for _, e := range entries {
			os.Remove(e)
		}
		if err := p.Abort(); err != nil {
			s.Error(err)
		}
		wantNames(s, s.dir, "kept")
	})
}

func TestOldFileSurvives(t *testing.T) {
	fail := map[string]struct {
		spoil func(s site, p *Pending) error
		want  error
	}{
		"short": {func(_ site, p *Pending) error { return p.File().Truncate(2) }, ErrChanged},
		"long":  {func(_ site, p *Pending) error { _, err := p.File().WriteAt([]byte("x"), 3); return err }, ErrChanged},
		"close": {func(_ site, p *Pending) error { return p.File().Close() }, fs.ErrClosed},
		"abort": {func(_ site, p *Pending) error { return p.Abort() }, fs.ErrClosed},
	}
	for name, c := range fail {
		t.Run(name, func(t *testing.T) {
			allForms(t, Limits{}, func(s site) {
				plant(s, s.dir, "f=old")
				p, err := s.tree.Create(s.at("f"), v1(3, 0o666))
				if err != nil {
					s.Fatal(err)
				}
				if _, err := p.File().WriteAt([]byte("new"), 0); err != nil {
					s.Fatal(err)
				}
				wantFile(s, filepath.Join(s.dir, "f"), "old")
				if err := c.spoil(s, p); err != nil {
					s.Fatal(err)
				}
				for range 2 {
					wantError(s, p.Commit(), "store", s.at("f"), c.want)
				}
				wantFile(s, filepath.Join(s.dir, "f"), "old")
				wantNames(s, s.dir, "f")
			})
		})
	}
}

// Somebody else removes the temporary file, or puts another in its place.
func TestTemporaryStolen(t *testing.T) {
	for name, c := range map[string]struct {
		steal func(temp, other string) error
		want  error
	}{
		"removed":  {func(temp, _ string) error { return os.Remove(temp) }, fs.ErrNotExist},
		"replaced": {func(temp, other string) error { return os.Rename(other, temp) }, ErrChanged},
	} {
		t.Run(name, func(t *testing.T) {
			dir := tempDir(t)
			plant(t, dir, "f=old", "other=bad")
			tree := Unconfined(Limits{})
			tree.nameless = noNameless
			p, err := tree.Create(dir+"/f", v1(0, 0o600))
			if err != nil {
				t.Fatal(err)
			}
			if err := c.steal(filepath.Join(dir, p.temp), dir+"/other"); err != nil {
				t.Fatal(err)
			}
			wantError(t, p.Commit(), "store", dir+"/f", c.want)
			wantFile(t, dir+"/f", "old")
		})
	}
}

// A directory that comes during the transfer stays.
func TestLateDirectory(t *testing.T) {
	allForms(t, Limits{}, func(s site) {
		p, err := s.tree.Create(s.at("f"), v1(3, 0o666))
		if err != nil {
			s.Fatal(err)
		}
		plant(s, s.dir, "f", "f/g=old")
		if err := p.Commit(); err == nil {
			s.Error("a directory was replaced")
		}
		wantNames(s, s.dir, "f")
		wantFile(s, filepath.Join(s.dir, "f/g"), "old")
	})
}

// A link that comes during the transfer is replaced itself, and what it leads to
// decides nothing.
func TestLateLink(t *testing.T) {
	allForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "other=old")
		p, err := s.tree.Create(s.at("f"), v1(0, 0o600))
		if err != nil {
			s.Fatal(err)
		}
		plant(s, s.dir, "f>other")
		if err := p.Commit(); err != nil {
			s.Fatal(err)
		}
		wantMode(s, filepath.Join(s.dir, "f"), 0o600)
		wantFile(s, filepath.Join(s.dir, "other"), "old")
	})
}

func TestModes(t *testing.T) {
	for _, umask := range []int{0, 0o027, 0o777} {
		allForms(t, Limits{}, func(s site) {
			defer syscall.Umask(syscall.Umask(umask))
			for _, mode := range []fs.FileMode{0o660, 0o777, 0o600, 0, fs.ModeSetuid | fs.ModeSetgid | 0o755} {
				os.Remove(filepath.Join(s.dir, "f"))
				for _, step := range []string{"new", "replaced"} {
					if err := store(s.tree, s.at("f"), step, mode); err != nil {
						s.Fatal(err)
					}
					wantMode(s, filepath.Join(s.dir, "f"), mode.Perm())
					// The next one must keep this, not follow its own perm; a set-id bit is not kept.
					mode = 0o640
					if err := os.Chmod(filepath.Join(s.dir, "f"), fs.ModeSetuid|mode); err != nil {
						s.Fatal(err)
					}
				}
			}
		})
	}
}
