package replay

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"time"
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
		// A process that another test is about to start has, for an instant, the
		// files that this one looks at.
		for begin := time.Now(); ; time.Sleep(time.Millisecond) {
			err := syscall.Unmount(dir, 0)
			switch {
			case err == nil:
				return
			case !errors.Is(err, syscall.EBUSY) || time.Since(begin) > afterExit:
				t.Errorf("a file on the disk is still open: %v", err)
				return
			}
		}
	})
}
