package replay

import (
	"errors"
	"os"
	"syscall"
	"testing"
)

// smallDisk mounts the recording's small file system on dir.
func smallDisk(t *testing.T, dir string) {
	t.Helper()
	err := syscall.Mount("bbftp-test", dir, "tmpfs", 0, "size=256k")
	if errors.Is(err, syscall.EPERM) && os.Getenv("CI") != "true" {
		t.Skipf("needs the right to mount a small file system: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("a file on the disk is still open: %v", err)
		}
	})
}
