//go:build !linux

package server

import (
	"io/fs"
	"testing"
	"time"
)

func mountSmall(t *testing.T, _ string) {
	t.Helper()
	t.Skip("mounts a small file system on Linux only")
}

// accessTime knows of no field for it here.
func accessTime(fs.FileInfo) time.Time { return accessed }
