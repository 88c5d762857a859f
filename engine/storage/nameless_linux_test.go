package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// aclEntry is an entry of system.posix_acl_default (linux/posix_acl_xattr.h).
type aclEntry struct {
	Tag, Perm uint16
	ID        uint32
}

// TestLikeAnyNewFile: a file without a name takes from its directory what a new
// file does: the group of a set-gid one, and the default access control list.
func TestLikeAnyNewFile(t *testing.T) {
	needRoot(t, "to give a directory to another group")
	allForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "d")
		dir := filepath.Join(s.dir, "d")
		own(s, 0, helpers, dir)
		mode(s, 0o755|fs.ModeSetgid, dir)
		var acl bytes.Buffer
		for _, v := range []any{uint32(2), []aclEntry{{1, 7, ^uint32(0)}, {2, 7, nobody}, {4, 5, ^uint32(0)}, {16, 7, ^uint32(0)}, {32, 0, ^uint32(0)}}} {
			if err := binary.Write(&acl, binary.LittleEndian, v); err != nil {
				s.Fatal(err)
			}
		}
		lists := true
		if err := unix.Setxattr(dir, "system.posix_acl_default", acl.Bytes(), 0); errors.Is(err, unix.EOPNOTSUPP) {
			lists = false // a file system without them
		} else if err != nil {
			s.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "model"), nil, 0o600); err != nil {
			s.Fatal(err)
		}
		if err := store(s.tree, s.at("d/f"), "new", 0o640); err != nil {
			s.Fatal(err)
		}
		mode(s, 0o640, filepath.Join(dir, "model"))
		var got, want unix.Stat_t
		if err := errors.Join(unix.Stat(filepath.Join(dir, "f"), &got), unix.Stat(filepath.Join(dir, "model"), &want)); err != nil {
			s.Fatal(err)
		}
		if got.Gid != helpers || got.Gid != want.Gid || got.Uid != want.Uid || got.Mode != want.Mode {
			s.Errorf("%o of %d:%d, want %o of %d:%d", got.Mode, got.Uid, got.Gid, want.Mode, want.Uid, want.Gid)
		}
		list := func(name string) string {
			b := make([]byte, 1024)
			n, err := unix.Getxattr(filepath.Join(dir, name), "system.posix_acl_access", b)
			if err != nil && lists {
				s.Errorf("%s has no list: %v", name, err)
			}
			return string(b[:max(n, 0)])
		}
		if list("f") != list("model") {
			s.Errorf("access control list %x, want %x", list("f"), list("model"))
		}
	})
}

// TestTwoTooLarge: of two files in memory that fit one by one the later finds
// no room while the other is written.
func TestTwoTooLarge(t *testing.T) {
	ledger := NewLedger()
	allForms(t, Limits{Reserve: NoReserve, Ledger: ledger}, func(s site) {
		plant(s, s.dir, "mount")
		tmpfs(s, filepath.Join(s.dir, "mount"), "size=4m")
		first, err := s.tree.Create(s.at("mount/first"), v1(3<<20, 0o600))
		if err != nil {
			s.Fatal(err)
		}
		// Another session of the process.
		tree := Unconfined(Limits{Reserve: NoReserve, Ledger: ledger})
		second := filepath.Join(s.dir, "mount/second")
		_, err = tree.Create(second, v1(2<<20, 0o600))
		wantError(s, err, "create", second, ErrNoSpace)
		if _, err := first.File().WriteAt(make([]byte, 3<<20), 0); err != nil {
			s.Fatal(err)
		}
		if err := store(tree, filepath.Join(s.dir, "mount/small"), "small", 0o600); err != nil {
			s.Errorf("what was written counts twice: %v", err)
		}
		if err := first.Abort(); err != nil {
			s.Fatal(err)
		}
		p, err := tree.Create(second, v1(2<<20, 0o600))
		if err != nil {
			s.Fatalf("the room was not given back: %v", err)
		}
		if err := p.Abort(); err != nil {
			s.Error(err)
		}
		if len(ledger.promised) != 0 {
			s.Errorf("%d devices are left", len(ledger.promised))
		}
	})
}

// TestUnlinkable: where files have no name but could not be given one either,
// which is found out before a byte is transferred, they have a temporary one.
func TestUnlinkable(t *testing.T) {
	for name, make := range map[string]func(folder, string) (*os.File, error){
		"never linkable": func(d folder, known string) (*os.File, error) {
			return d.open(".", unix.O_TMPFILE|os.O_RDWR|os.O_EXCL, 0o600, known)
		},
		"elsewhere": func(folder, string) (*os.File, error) { return os.Open("/proc/self/status") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := tempDir(t)
			plant(t, dir, "f=old")
			tree := Unconfined(Limits{})
			tree.nameless = make
			p, err := tree.Create(dir+"/f", v1(0, 0o600))
			if err != nil {
				t.Fatal(err)
			}
			if !isTempName(p.temp) {
				t.Errorf("temporary name %q", p.temp)
			}
			if err := p.Commit(); err != nil {
				t.Fatal(err)
			}
			wantFile(t, dir+"/f", "")
			wantNames(t, dir, "f")
		})
	}
}
