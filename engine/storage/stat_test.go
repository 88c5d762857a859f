package storage

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestDescribe(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "d", "f=hello", "link>d/up", "d/up>../f", "dangling>none")
		special(s, s.dir)
		f := filepath.Join(s.dir, "f")
		accessed, modified := time.Unix(1000000000, 0), time.Unix(1000000060, 0)
		if err := os.Chtimes(f, accessed, modified); err != nil {
			s.Fatal(err)
		}
		if err := os.Chmod(f, fs.ModeSetuid|0o640); err != nil {
			s.Fatal(err)
		}
		for name, want := range map[string]struct {
			real string
			mode uint32
		}{
			"f": {"f", 0o104640}, "link": {"f", 0o104640}, "d": {"d", 0o040755}, "d/": {"d", 0o040755}, "fifo": {"fifo", 0o010644},
		} {
			got, err := s.tree.Describe(s.at(name))
			if err != nil {
				s.Error(err)
				continue
			}
			info, err := os.Lstat(filepath.Join(s.dir, want.real))
			if err != nil {
				s.Fatal(err)
			}
			st := info.Sys().(*syscall.Stat_t)
			if name == "fifo" {
				want.mode = uint32(st.Mode) // the umask had a say
			}
			if got.Inode != st.Ino || got.Mode != want.mode || got.Size != st.Size || got.BlockSize != int64(st.Blksize) ||
				got.Blocks != st.Blocks || got.UID != st.Uid || got.GID != st.Gid || !got.Modified.Equal(info.ModTime()) {
				s.Errorf("%s: %+v, want %+v", name, got, st)
			}
		}
		got, err := s.tree.Describe(s.at("f"))
		if err != nil || !got.Accessed.Equal(accessed) || !got.Modified.Equal(modified) || !got.Changed.After(modified) {
			s.Errorf("times of %+v, %v", got, err)
		}
		for name, want := range map[string]error{
			"none": syscall.ENOENT, "dangling": syscall.ENOENT, "f/": syscall.ENOTDIR, "f/x": syscall.ENOTDIR, "none/x": syscall.ENOENT,
		} {
			_, err := s.tree.Describe(s.at(name))
			wantError(s, err, "stat", s.at(name), want)
			_, err = s.tree.Space(s.at(name))
			wantError(s, err, "df", s.at(name), want)
		}
	})
}

func TestDescribeStaysInside(t *testing.T) {
	outer := tempDir(t)
	plant(t, outer, "tree", "secret=")
	dir := filepath.Join(outer, "tree")
	plant(t, dir, "out>"+outer, "file>../secret")
	tree, err := Open(dir, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	for _, name := range []string{"/out", "/out/secret", "/file"} {
		_, err := tree.Describe(name)
		wantError(t, err, "stat", name, ErrEscapes)
		_, err = tree.Space(name)
		wantError(t, err, "df", name, ErrEscapes)
		err = tree.MkdirAll(name+"/d", 0o700)
		wantError(t, err, "mkdir", name+"/d", ErrEscapes)
		_, err = tree.Create(name+"/d/f", NewFile{Size: 1, Perm: 0o600, Dirs: true, DirPerm: 0o700})
		wantError(t, err, "create", name+"/d/f", ErrEscapes)
	}
	wantNames(t, outer, "secret", "tree")
}

// odd is described by nothing the system knows.
type odd struct{ fs.FileInfo }

func (odd) Sys() any { return nil }

func TestDescribeNothing(t *testing.T) {
	if d, err := describe(odd{}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestSpaceBytes(t *testing.T) {
	for _, c := range []struct {
		blocks uint64
		size   int64
		want   int64
	}{
		{0, 0, 0},
		{3, 4096, 12288},
		{1 << 51, 4096, math.MaxInt64}, // 2^63 is one too many
		{1 << 51, 4095, 4095 << 51},
		{math.MaxUint64, 4096, math.MaxInt64},
		{math.MaxUint64, 1, math.MaxInt64},
	} {
		if got := (Space{BlockSize: c.size}).bytes(c.blocks); got != c.want {
			t.Errorf("%d blocks of %d are %d bytes, want %d", c.blocks, c.size, got, c.want)
		}
	}
}
