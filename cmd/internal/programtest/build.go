package programtest

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// Build builds the three programs into a directory and returns it. The result of a test
// that does is cached until what they are made of changes.
func Build(t testing.TB) string {
	t.Helper()
	// Whatever it was: other users run the programs, and use what tests make.
	syscall.Umask(0o022)
	if err := reveal(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	// Without what debuggers want it links in half the time.
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", dir+"/", "bbftp/cmd/bbftp", "bbftp/cmd/bbftpd", "bbftp/cmd/bbbench")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return dir
}

// trees are the directories of the module that the programs come from.
var trees = []string{"cmd", "engine", "netio", "bench"}

// reveal has the test cache see the sources, which go build reads and the test does not:
// the cache keeps a result by the names, sizes and times of what is in the directories
// that the test itself has opened.
func reveal() error {
	root, err := module()
	if err != nil {
		return err
	}
	for _, tree := range trees {
		err := filepath.WalkDir(filepath.Join(root, tree), func(_ string, entry fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist): // somebody else's, gone meanwhile
				return nil
			case err == nil && entry.IsDir() && entry.Name() == "testdata":
				return fs.SkipDir
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		if _, err := os.Stat(filepath.Join(root, name)); err != nil {
			return err
		}
	}
	return nil
}

// module is the root of the module that the test is of.
func module() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		_, err := os.Stat(filepath.Join(at, "go.mod"))
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return at, err
		}
		if at == filepath.Dir(at) {
			return "", errors.New("no go.mod above " + dir)
		}
	}
}
