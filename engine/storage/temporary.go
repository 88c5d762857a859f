package storage

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// A temporary name says nothing about the target: any length of target fits, and
// nobody can place a file or link there beforehand.
const (
	tempPrefix = ".bbftp."
	tempSuffix = ".tmp"
	tempLetter = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" // of rand.Text
	tempLength = 26
)

func newTempName() string { return tempPrefix + rand.Text() + tempSuffix }

// isTempName tells the names that newTempName makes from all others.
func isTempName(name string) bool {
	random, ok := strings.CutPrefix(name, tempPrefix)
	if !ok {
		return false
	}
	random, ok = strings.CutSuffix(random, tempSuffix)
	return ok && len(random) == tempLength && strings.Trim(random, tempLetter) == ""
}

// attempts is how often a temporary file is made that a sweeper takes for a left
// one, in the instant before it is locked.
const attempts = 8

// named makes a file with a temporary name, locked as long as it is open: a lock
// ends with its process, however that ends, so one that is not locked was left.
func (d folder) named(known string) (f *os.File, temp string, err error) {
	for range attempts {
		temp = newTempName()
		// No O_APPEND: segments arrive in any order, and splice refuses such files.
		f, err = d.open(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600, known)
		if err != nil {
			return nil, "", err
		}
		if err = d.claim(f, temp); err == nil {
			return f, temp, nil
		}
		f.Close()
		_ = d.remove(temp)
	}
	return nil, "", err
}

// claim locks a new file, unless a sweeper was faster.
func (d folder) claim(f *os.File, temp string) error {
	if err := lock(f); errors.Is(err, unix.EWOULDBLOCK) {
		return err
	}
	// Without locks the file is as safe as its sweepers are careful.
	return d.holds(f, temp)
}

// holds checks that name stands for f: another writer in the directory could
// have taken the name over.
func (d folder) holds(f *os.File, name string) error {
	written, err := f.Stat()
	if err != nil {
		return err
	}
	named, err := d.stat(name)
	if err != nil {
		return err
	}
	if id, ok := identify(written); !ok || id != named.identity {
		return fmt.Errorf("%w: the temporary file was replaced", ErrChanged)
	}
	return nil
}

// lock locks f for its open file, flock(2), or says EWOULDBLOCK at once.
func lock(f *os.File) error {
	return control(f, func(fd int) error {
		for {
			if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); !errors.Is(err, unix.EINTR) {
				return err
			}
		}
	})
}

// flush tells what was lost of f's content where a file system knows that only
// when a file is closed, such as those of networks.
func flush(f *os.File) error {
	return control(f, func(fd int) error {
		other, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return err
		}
		return unix.Close(other)
	})
}
