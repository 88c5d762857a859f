//go:build !linux

package replay

import "testing"

func smallDisk(t *testing.T, _ string) {
	t.Helper()
	t.Skip("needs Linux: mounts a small file system")
}
