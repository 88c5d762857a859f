package storage

import (
	"os"
	"syscall"
	"time"
)

const (
	// sweepNames bounds the names that a sweep looks at, to some milliseconds.
	sweepNames = 16384
	// sweepAge is how long nothing must have happened to a file that is swept, and
	// how often a directory is: far longer than any transfer stands still.
	sweepAge = time.Hour
)

// sweep removes what killed processes left in the directory of a file just made,
// when it is due. What it can't do it leaves.
func (l *Ledger) sweep(d folder, self identity, fresh *os.File) {
	if !l.due(self, time.Now()) {
		return
	}
	info, err := fresh.Stat()
	if err != nil {
		return
	}
	// By the clock of the file system, which may be another host's.
	if about, err := describe(info); err == nil {
		d.sweep(about.Changed)
	}
}

// sweep removes the temporary files that are left, seen from now.
func (d folder) sweep(now time.Time) {
	names, err := d.list()
	if err != nil {
		return
	}
	defer names.Close()
	for seen := 0; seen < sweepNames; {
		some, err := names.Readdirnames(256)
		for _, name := range some {
			if isTempName(name) {
				d.removeLeft(name, now)
			}
		}
		if seen += len(some); err != nil {
			return
		}
	}
}

// removeLeft removes a temporary file if it is ours and nobody writes it: a
// regular file of this user, with no other name, that has not changed for long
// and is not locked.
//
// Either alone would not do. Locks don't reach every writer: those on other
// hosts, above all if this one is their file server, and programs that know of no
// lock. Of a file's age a step of the clock makes anything. What counts is the
// last change, by which a file that has been given the times of its source is new.
func (d folder) removeLeft(name string, now time.Time) {
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
	if err != nil || !left.is(info) {
		return
	}
	if about, err := describe(info); err != nil || now.Sub(about.Changed) < sweepAge {
		return
	}
	if lock(f) == nil && d.holds(f, name) == nil {
		_ = d.remove(name)
	}
}
