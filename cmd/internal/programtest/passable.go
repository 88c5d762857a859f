package programtest

import (
	"os"
	"path/filepath"
	"testing"
)

// Passable ends the test unless other users can get to temporary directories, as those
// whom root's processes become have to.
func Passable(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	dir, err := filepath.EvalSymlinks(os.TempDir())
	for err == nil {
		var info os.FileInfo
		if info, err = os.Stat(dir); err != nil {
			break
		}
		if info.Mode()&1 == 0 {
			t.Fatalf("TMPDIR must be passable for other users: %s has mode %v", dir, info.Mode())
		}
		if dir == filepath.Dir(dir) {
			return
		}
		dir = filepath.Dir(dir)
	}
	t.Fatalf("TMPDIR must be passable for other users: %v", err)
}
