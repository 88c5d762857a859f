package zerocopy

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestFullDevice needs no privilege, but a device holds nothing to compare.
func TestFullDevice(t *testing.T) {
	for name, s := range strategies {
		t.Run(name, func(t *testing.T) {
			dst, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			if err != nil {
				t.Skipf("no /dev/full: %v", err)
			}
			defer dst.Close()
			from, to := connPair(t)
			go from.Write(noise(1000))
			n, err := Receive(dst, 0, to, 1000, Flow{By: s, Idle: time.Minute})
			checkNoSpace(t, err)
			if n != 0 {
				t.Errorf("%d bytes written to a full device", n)
			}
		})
	}
}

// TestFullFileSystem runs out of space in the middle of a transfer.
func TestFullFileSystem(t *testing.T) {
	const room, size = 1 << 20, 4 << 20
	for name, s := range strategies {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1M"); err != nil {
				if os.Getenv("CI") == "true" {
					t.Fatalf("mounting a file system needs CAP_SYS_ADMIN: %v", err)
				}
				t.Skipf("mounting a file system needs CAP_SYS_ADMIN: %v", err)
			}
			t.Cleanup(func() {
				if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
					t.Errorf("unmount %s: %v", dir, err)
				}
			})
			content := noise(size)
			from, to := connPair(t)
			go from.Write(content)
			dst := fileIn(t, dir, nil)
			var c Counters
			n, err := Receive(dst, 0, to, size, Flow{By: s, Idle: time.Minute, Counters: &c})
			checkNoSpace(t, err)
			if n == 0 || n > room {
				t.Errorf("%d bytes written where %d fit", n, room)
			}
			if sum := c.Splice.Load() + c.Copied.Load(); sum != n {
				t.Errorf("counted %d bytes, returned %d", sum, n)
			}
			if got := fileBytes(t, dst, 0); !bytes.HasPrefix(got, content[:n]) {
				t.Error("what was counted is not what the file holds")
			}
		})
	}
}

func checkNoSpace(t *testing.T, err error) {
	t.Helper()
	var onFile *fs.PathError
	if !errors.Is(err, syscall.ENOSPC) || !errors.As(err, &onFile) {
		t.Errorf("got %v, want ENOSPC in a PathError", err)
	}
}

// TestNothingLeaks runs transfers that end in every way.
func TestNothingLeaks(t *testing.T) {
	from, to := connPair(t)
	src, dst, appending := fileOf(t, noise(1000)), fileOf(t, nil), appendFile(t, "")
	round := func() {
		if _, err := Send(from, src, 0, 1000, Flow{Idle: time.Minute}); err != nil {
			t.Fatal(err)
		}
		if _, err := Receive(dst, 0, to, 400, Flow{By: Kernel, Idle: time.Minute}); err != nil {
			t.Fatal(err)
		}
		if err := appending.Truncate(0); err != nil {
			t.Fatal(err)
		}
		if _, err := Receive(appending, 0, to, 600, Flow{By: Kernel, Idle: time.Minute}); err != nil {
			t.Fatal(err)
		}
		if _, err := Receive(dst, 0, to, 1, Flow{By: Kernel, Idle: time.Millisecond}); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		if _, err := Receive(src, 0, from, 1, Flow{By: Kernel, Idle: time.Millisecond}); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
	}
	round()
	files, routines := openFiles(t), runtime.NumGoroutine()
	for range 50 {
		round()
	}
	if now := openFiles(t); now > files { // fewer: an earlier test's are gone by now
		t.Errorf("%d descriptors before, %d after", files, now)
	}
	if now := runtime.NumGoroutine(); now > routines {
		t.Errorf("%d goroutines before, %d after", routines, now)
	}
}

// TestWithoutPipe receives while the process can open nothing more.
func TestWithoutPipe(t *testing.T) {
	from, to := connPair(t)
	dst := fileOf(t, nil)
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 0, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	go from.Write([]byte("abc"))
	var c Counters
	n, err := Receive(dst, 0, to, 3, Flow{By: Kernel, Idle: time.Minute, Counters: &c})
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	if err != nil || n != 3 || c.Copied.Load() != 3 {
		t.Errorf("received %d, copied %d, %v", n, c.Copied.Load(), err)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skipf("no /proc to count descriptors in: %v", err)
	}
	return len(entries)
}
