package server

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// plant puts e into the tree at root.
func plant(t *testing.T, root string, r *recording, e entry) {
	t.Helper()
	name := root + e.path
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	var err error
	switch e.mode.Type() {
	case fs.ModeDir:
		err = os.MkdirAll(name, 0o755)
	case fs.ModeNamedPipe:
		err = syscall.Mkfifo(name, 0o600)
	case fs.ModeSymlink:
		if err := os.Symlink(e.of, name); err != nil {
			t.Fatal(err)
		}
		return
	default:
		err = os.WriteFile(name, r.contents[e.of].Bytes(), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, e.mode.Perm()); err != nil {
		t.Fatal(err)
	}
}

// snapshot describes everything below root, by its path there.
func snapshot(t *testing.T, root string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		e := entry{mode: info.Mode(), size: info.Size()}
		if readable(info.Mode()) {
			b, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			e.sum = fmt.Sprintf("%x", sha256.Sum256(b))
		}
		all[strings.TrimPrefix(name, root)] = e.describe(nil)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// readable reports whether the test can see the content as well.
func readable(m fs.FileMode) bool { return m.IsRegular() && m&0o400 != 0 }

// describe words what is compared of e.
func (e entry) describe(r *recording) string {
	switch {
	case !e.mode.IsRegular():
		return e.mode.String()
	case e.of != "":
		c := r.contents[e.of]
		e.size = int64(c.Size)
		if readable(e.mode) {
			e.sum = fmt.Sprintf("%x", sha256.Sum256(c.Bytes()))
		}
	}
	return fmt.Sprintf("%v, %d bytes, SHA-256 %s", e.mode, e.size, e.sum)
}

func compareTrees(t *testing.T, got, want map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s is %q, want %q", name, got[name], want[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if want[name] == "" {
			t.Errorf("%s is left: %s", name, got[name])
		}
	}
}

// The times of every recorded file.
var (
	accessed = time.Unix(1_000_000_000, 0)
	modified = time.Unix(1_000_000_060, 0)
)

// touch gives the files their times.
func (r *recording) touch(t *testing.T, root string) {
	t.Helper()
	for _, e := range r.given {
		if !e.mode.IsRegular() {
			continue
		}
		if err := os.Chtimes(root+e.path, accessed, modified); err != nil {
			t.Fatal(err)
		}
	}
}

// restTimes undoes what reading does to the times of files, as on the recorded
// file system.
func (p *player) restTimes() {
	for _, e := range p.given {
		if info, err := os.Lstat(p.root + e.path); err == nil && info.Mode().IsRegular() && info.ModTime().Equal(modified) {
			_ = os.Chtimes(p.root+e.path, accessed, modified)
		}
	}
}

// checkTimes compares the times of what was left, before anything reads it.
func (r *recording) checkTimes(t *testing.T, root string) {
	t.Helper()
	for _, e := range r.left {
		info, err := os.Stat(root + e.path)
		if err != nil || !e.times {
			continue // compareTrees tells
		}
		if got := accessTime(info); !got.Equal(accessed) || !info.ModTime().Equal(modified) {
			t.Errorf("%s has times %v, %v, want %v, %v", e.path, got, info.ModTime(), accessed, modified)
		}
	}
}
