//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package auth

import (
	"os"
	"syscall"
	"testing"
	"time"
)

func TestSetPasswordKeepsModeAndOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs root to give a file away")
		}
		t.Skip("needs root to give a file away")
	}
	path := writeUsers(t, "# c\n", 0o640)
	if err := os.Chown(path, 65534, 65533); err != nil {
		t.Fatal(err)
	}
	if err := SetPassword(path, Change{User: "bob", Password: "secret"}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	stat := info.Sys().(*syscall.Stat_t)
	if info.Mode() != 0o640 || stat.Uid != 65534 || stat.Gid != 65533 {
		t.Errorf("mode %v, owner %d:%d", info.Mode(), stat.Uid, stat.Gid)
	}
}

// The one who holds the lock replaces the file: who waited must notice that
// its lock is of the old one.
func TestOpenLockedFollowsReplacement(t *testing.T) {
	path := writeUsers(t, "old", 0o600)
	held, err := openLocked(path)
	if err != nil {
		t.Fatal(err)
	}
	opened := make(chan *os.File)
	go func() {
		f, err := openLocked(path)
		if err != nil {
			t.Error(err)
		}
		opened <- f
	}()
	select {
	case <-opened:
		t.Fatal("two hold the lock")
	case <-time.After(50 * time.Millisecond): // lets the other reach the lock; nothing depends on it
	}
	if err := replaceFile(path, held, []byte("new")); err != nil {
		t.Fatal(err)
	}
	held.Close()
	f := <-opened
	defer f.Close()
	got := make([]byte, 8)
	n, _ := f.Read(got)
	if string(got[:n]) != "new" {
		t.Errorf("locked the file that holds %q", got[:n])
	}
}
