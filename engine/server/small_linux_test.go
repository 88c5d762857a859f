package server

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"testing"
	"time"
)

// mountSmall mounts a file system of 256 KiB at dir.
func mountSmall(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	switch err := syscall.Mount("bbftp-test", dir, "tmpfs", 0, "size=256k"); {
	case errors.Is(err, syscall.EPERM) && os.Getenv("CI") != "true":
		t.Skipf("needs the right to mount a small file system: %v", err)
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("a file on the small file system is still open: %v", err)
		}
	})
}

func accessTime(info fs.FileInfo) time.Time {
	return time.Unix(info.Sys().(*syscall.Stat_t).Atim.Unix())
}
