package storage

import (
	"os"
	"syscall"
	"time"
)

const (
	// sweepNames bounds the names that a sweep looks at, to some milliseconds.
	sweepNames = 16384
	// sweepAge is how long a file must not have been written where locks may not
	// tell of writers on other hosts: far longer than any transfer stands still.
	sweepAge = time.Hour
)

// sweep removes the temporary files that killed processes left in a directory,
// when this process first stores into it. What it can't do it leaves.
func (l *Ledger) sweep(d folder, self identity) {
	if !l.firstIn(self) {
		return
	}
	names, err := d.list()
	if err != nil {
		return
	}
	defer names.Close()
	for seen := 0; seen < sweepNames; {
		some, err := names.Readdirnames(256)
		for _, name := range some {
			if isTempName(name) {
				d.removeLeft(name)
			}
		}
		if seen += len(some); err != nil {
			return
		}
	}
}

// removeLeft removes a temporary file if it is ours and nobody writes it: a
// regular file of this user, with no other name, that is not locked.
//
// The lock is held while it is removed. Who makes a file and finds it locked, or
// gone once locked, makes another.
func (d folder) removeLeft(name string) {
	left, err := d.stat(name)
	if err != nil || !left.mode.IsRegular() || int(left.uid) != os.Geteuid() || left.links != 1 {
		return
	}
	// For writing, without which some file systems do not lock. It may be
	// another file by now, but none that blocks.
	f, err := d.open(name, os.O_RDWR|syscall.O_NONBLOCK, 0, name)
	if err != nil {
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !locksTell(f) && time.Since(info.ModTime()) < sweepAge {
		return
	}
	if id, ok := identify(info); !ok || id != left.identity {
		return
	}
	if lock(f) == nil && d.holds(f, name) == nil {
		_ = d.remove(name)
	}
}
