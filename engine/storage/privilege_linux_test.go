package storage

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	nobody  = 65534
	helpers = 65533 // a group that nobody is in besides
)

// needRoot skips a test, but not where tests are meant to be complete.
func needRoot(t testing.TB, why string) {
	t.Helper()
	switch {
	case os.Geteuid() == 0:
	case os.Getenv("CI") == "true":
		t.Fatalf("needs root: %s", why)
	default:
		t.Skipf("needs root: %s", why)
	}
}

// needPassable fails a test whose temporary directory other users can't reach.
func needPassable(t testing.TB) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode()&1 == 0 {
			t.Fatalf("TMPDIR must be passable for other users: %s has %v", dir, info.Mode())
		}
		if dir == "/" {
			return
		}
	}
}

// asNobody runs do as an unprivileged user. Linux keeps credentials per thread
// and only the C library spreads them, so this thread alone changes.
func asNobody(t testing.TB, do func()) {
	t.Helper()
	needRoot(t, "to become somebody else")
	needPassable(t)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	set := func(call, id uintptr) {
		if _, _, errno := unix.RawSyscall(call, ^uintptr(0), id, ^uintptr(0)); errno != 0 {
			t.Fatal(errno)
		}
	}
	setGroups := func(groups ...uint32) {
		_, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(groups)), uintptr(unsafe.Pointer(unsafe.SliceData(groups))), 0)
		if errno != 0 {
			t.Fatal(errno)
		}
	}
	before, err := unix.Getgroups()
	if err != nil {
		t.Fatal(err)
	}
	var old []uint32
	for _, g := range before {
		old = append(old, uint32(g))
	}
	defer setGroups(old...)
	setGroups(helpers)
	set(unix.SYS_SETRESGID, nobody)
	set(unix.SYS_SETRESUID, nobody)
	defer set(unix.SYS_SETRESGID, 0)
	defer set(unix.SYS_SETRESUID, 0)
	do()
}

func own(t testing.TB, uid, gid int, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := os.Lchown(name, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
}

func mode(t testing.TB, perm fs.FileMode, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := os.Chmod(name, perm); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPermissions(t *testing.T) {
	needRoot(t, "to become somebody else")
	allForms(t, Limits{}, func(s site) {
		in := func(name string) string { return filepath.Join(s.dir, name) }
		plant(s, s.dir, "mine", "mine/theirs=old", "theirs", "theirs/open=old", "locked", "locked/f=old", "sticky", "sticky/open=old", "blind", "blind/f=old")
		own(s, nobody, nobody, in("mine"))
		mode(s, 0o644, in("mine/theirs"))
		mode(s, 0o666, in("theirs/open"), in("sticky/open"))
		mode(s, 0o777|fs.ModeSticky, in("sticky"))
		mode(s, 0o700, in("locked"))
		mode(s, 0o733, in("blind"))
		create := func(name string, want error) {
			_, err := s.tree.Create(s.at(name), v1(1, 0o666))
			wantError(s, err, "create", s.at(name), want)
		}
		asNobody(s, func() {
			create("mine/theirs", syscall.EACCES) // a rename would do, but the file itself says no
			create("theirs/open", syscall.EACCES) // the file would do, but not its directory
			create("theirs/new", syscall.EACCES)
			create("sticky/open", syscall.EPERM)
			create("locked/f", syscall.EACCES)
			_, err := s.tree.OpenSource(s.at("locked/f"))
			wantError(s, err, "open", s.at("locked/f"), fs.ErrPermission)
			_, err = s.tree.Chdir(s.at("locked"))
			wantError(s, err, "chdir", s.at("locked"), syscall.EACCES)
			wantError(s, s.tree.Mkdir(s.at("locked/d"), 0o777), "mkdir", s.at("locked/d"), syscall.EACCES)
			wantError(s, s.tree.Remove(s.at("sticky/open")), "remove", s.at("sticky/open"), syscall.EPERM)
			if got := glob(s, s.at(""), "*/*"); len(got) != 3 { // mine/theirs, theirs/open, sticky/open
				s.Errorf("listed %q", got)
			}
			if err := store(s.tree, s.at("sticky/new"), "x", 0o640); err != nil {
				s.Error(err)
			}
			if err := store(s.tree, s.at("sticky/new"), "xx", 0o640); err != nil { // our own, so the sticky bit does not matter
				s.Error(err)
			}

			wantError(s, s.tree.MkdirAll(s.at("locked/d/e"), 0o777), "mkdir", s.at("locked/d/e"), syscall.EACCES)
			wantError(s, s.tree.MkdirAll(s.at("theirs/d"), 0o777), "mkdir", s.at("theirs/d"), syscall.EACCES)
			if err := s.tree.MkdirAll(s.at("theirs"), 0o777); err != nil { // there already: nothing is asked for
				s.Error(err)
			}
			for _, pattern := range []string{"locked/*", "blind/f"} {
				_, err = s.tree.List(s.Context(), s.at(""), pattern)
				wantError(s, err, "list", pattern, syscall.EACCES)
			}
			_, err = s.tree.Describe(s.at("locked/f"))
			wantError(s, err, "stat", s.at("locked/f"), syscall.EACCES)
			if d, err := s.tree.Describe(s.at("locked")); err != nil || d.Mode != 0o040700 { // no permission on itself
				s.Errorf("%+v, %v", d, err)
			}
			if _, err := s.tree.Space(s.at("locked")); err != nil {
				s.Error(err)
			}

			// Directories that may be searched but not read.
			err = store(s.tree, s.at("blind/new"), "x", 0o640)
			_, readErr := s.tree.OpenSource(s.at("blind/f"))
			if s.top == "/" {
				wantError(s, err, "create", s.at("blind/new"), syscall.EACCES)
				wantError(s, readErr, "open", s.at("blind/f"), syscall.EACCES)
			} else if err != nil || readErr != nil {
				s.Errorf("in a directory of mode 0733: %v, %v", err, readErr)
			}
		})
		for _, name := range []string{"mine/theirs", "theirs/open", "locked/f", "sticky/open"} {
			wantFile(s, in(name), "old")
		}
		wantNames(s, in("mine"), "theirs")
		wantNames(s, in("theirs"), "open")
	})
}

// To rename over a file asks for its directory alone; that is what Writable is for.
func TestReplaceReadOnlyFile(t *testing.T) {
	needRoot(t, "to become somebody else")
	allForms(t, Limits{}, func(s site) {
		in := func(name string) string { return filepath.Join(s.dir, name) }
		plant(s, s.dir, "mine", "mine/theirs=old", "theirs", "theirs/open=old", "sticky", "sticky/open=old")
		own(s, nobody, nobody, in("mine"))
		mode(s, 0o644, in("mine/theirs"))
		mode(s, 0o666, in("theirs/open"), in("sticky/open"))
		mode(s, 0o777|fs.ModeSticky, in("sticky"))
		modified := time.Unix(1000000060, 0)
		asNobody(s, func() {
			for name, want := range map[string]error{"mine/theirs": nil, "theirs/open": syscall.EACCES, "sticky/open": syscall.EPERM} {
				err := put(s.tree, s.at(name), "new", NewFile{Perm: 0o600, Modified: modified})
				if want != nil {
					wantError(s, err, "create", s.at(name), want)
				} else if err != nil {
					s.Error(err)
				}
			}
		})
		wantFile(s, in("mine/theirs"), "new")
		wantFile(s, in("theirs/open"), "old")
		wantFile(s, in("sticky/open"), "old")
		d, err := s.tree.Describe(s.at("mine/theirs"))
		if err != nil || d.UID != nobody || d.Mode != 0o100600 || !d.Modified.Equal(modified) {
			s.Errorf("%+v, %v", d, err)
		}
	})
}

// Nobody may not read what the process umask made unreadable, not even to repair it.
func TestMkdirUnderBlindUmask(t *testing.T) {
	needRoot(t, "to become somebody else")
	allForms(t, Limits{}, func(s site) {
		mode(s, 0o777, s.dir)
		old := syscall.Umask(0o777)
		defer syscall.Umask(old)
		asNobody(s, func() {
			for name, perm := range map[string]fs.FileMode{"a": 0o750, "b": 0o333, "c/d": 0o750} {
				makes := s.tree.Mkdir
				if strings.Contains(name, "/") {
					makes = s.tree.MkdirAll
				}
				if err := makes(s.at(name), perm); err != nil {
					s.Error(err)
				}
				wantMode(s, filepath.Join(s.dir, name), fs.ModeDir|perm)
			}
		})
	})
}

func TestOwnerIsKept(t *testing.T) {
	needRoot(t, "to give files away")
	allForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "f=old", "open=old")
		f, open := filepath.Join(s.dir, "f"), filepath.Join(s.dir, "open")
		own(s, 1234, 5678, f)
		own(s, 1234, helpers, open)
		mode(s, 0o664, f, open)
		mode(s, 0o777, s.dir)
		owner := func(name string) [2]uint32 {
			info, err := os.Lstat(name)
			if err != nil {
				s.Fatal(err)
			}
			st := info.Sys().(*syscall.Stat_t)
			return [2]uint32{st.Uid, st.Gid}
		}
		if err := store(s.tree, s.at("f"), "new", 0o600); err != nil {
			s.Error(err)
		}
		if got := owner(f); got != [2]uint32{1234, 5678} {
			s.Errorf("replaced by root: owner %v", got)
		}
		if err := put(s.tree, s.at("f"), "newer", NewFile{Perm: 0o600, Writable: true}); err != nil {
			s.Error(err)
		}
		if got := owner(f); got != [2]uint32{0, 0} {
			s.Errorf("replaced by root without Keep: owner %v", got)
		}
		asNobody(s, func() {
			if err := store(s.tree, s.at("open"), "new", 0o600); err != nil {
				s.Error(err)
			}
		})
		if got := owner(open); got != [2]uint32{nobody, helpers} {
			s.Errorf("replaced by another: owner %v", got)
		}
		wantMode(s, open, 0o664)
	})
}

// TestSyncNeedsReadableDirectory refuses before the transfer what would fail
// after it: a directory is read to be synced.
func TestSyncNeedsReadableDirectory(t *testing.T) {
	needRoot(t, "to become somebody else")
	allForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "d")
		own(s, nobody, nobody, filepath.Join(s.dir, "d"))
		mode(s, 0o300, filepath.Join(s.dir, "d"))
		asNobody(s, func() {
			_, err := s.tree.Create(s.at("d/f"), NewFile{Size: 1, Perm: 0o600, Sync: true})
			wantError(s, err, "create", s.at("d/f"), syscall.EACCES)
		})
		wantNames(s, filepath.Join(s.dir, "d"))
	})
}
