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

// named makes a file with a temporary name, locked as long as it is open: a lock
// ends with its process, however that ends.
func (d folder) named(known string) (f *os.File, temp string, err error) {
	temp = newTempName()
	// No O_APPEND: segments arrive in any order, and splice refuses such files.
	f, err = d.open(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600, known)
	if err != nil {
		return nil, "", err
	}
	_ = lock(f) // Without locks its age protects it.
	return f, temp, nil
}

// canName tries whether files that make makes without a name can get one. Much
// may be against it that shows only here: /proc that is missing or not what it
// should be, a security module, a file system that knows half of it.
func (d folder) canName(make func(folder, string) (*os.File, error)) bool {
	f, err := make(d, ".")
	if err != nil {
		return false
	}
	defer f.Close()
	_ = lock(f)
	temp := newTempName()
	if d.link(f, temp) != nil {
		return false
	}
	err = d.holds(f, temp)
	_ = d.remove(temp) // Where nothing may be removed it stays, empty.
	return err == nil
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
	if !named.is(written) {
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
