package bench

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const workPrefix = "bbbench-"

// inMemory is a file system in memory on Linux: no disk slows a trial down.
const inMemory = "/dev/shm"

// chooseDir takes a directory that a user did not name, with room for need
// bytes if there is one.
func chooseDir(free func(string) (int64, error), need int64) string {
	if room, err := free(inMemory); err == nil && room >= need {
		if info, err := os.Stat(inMemory); err == nil && info.IsDir() {
			return inMemory
		}
	}
	return os.TempDir()
}

// lockName is the file by which a work directory is known, and known to be in
// use: its name alone could be a user's own.
const lockName = ".bbbench-lock"

// workspace makes a new directory below dir, which remove removes. A file in it
// is locked as long as this process lives: those of sweeps that were killed, with
// files of gigabytes, are known by the lock that nobody holds and removed.
func workspace(dir string) (work string, remove func() error, err error) {
	// Programs that run elsewhere get its name.
	if dir, err = filepath.Abs(dir); err != nil {
		return "", nil, err
	}
	removeAbandoned(dir)
	if work, err = os.MkdirTemp(dir, workPrefix+"*"); err != nil {
		return "", nil, err
	}
	lock, err := claim(work)
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(work))
	}
	return work, func() error { return errors.Join(os.RemoveAll(work), lock.Close()) }, nil
}

// claim locks a new directory. The lock gets its name when it is held: no
// other sweep ever finds it free while this one lives. Where the file system
// has no locks it gets none, and nobody removes the directory but us.
func claim(work string) (*os.File, error) {
	lock, err := os.CreateTemp(work, "")
	if err != nil {
		return nil, err
	}
	if !tryLock(lock) {
		return lock, nil
	}
	if err := os.Rename(lock.Name(), filepath.Join(work, lockName)); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

// removeAbandoned leaves alone what is not this user's, or no work directory.
func removeAbandoned(dir string) {
	entries, _ := os.ReadDir(dir) // a directory that can't be read can't be tidied
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), workPrefix) {
			continue
		}
		work := filepath.Join(dir, entry.Name())
		if info, err := os.Lstat(work); err != nil || !info.IsDir() || !own(info) {
			continue
		}
		// Without waiting for anybody, should it be no file.
		lock, err := os.OpenFile(filepath.Join(work, lockName), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
		if err != nil {
			continue
		}
		if info, err := lock.Stat(); err == nil && info.Mode().IsRegular() && own(info) && tryLock(lock) {
			_ = os.RemoveAll(work)
		}
		_ = lock.Close()
	}
}

func own(info os.FileInfo) bool {
	stat, known := info.Sys().(*syscall.Stat_t)
	return known && int(stat.Uid) == os.Geteuid()
}

func tryLock(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
