package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"bbftp/bench/trial"
	"bbftp/cmd/internal/version"
)

// results is the file that a sweep writes. It is locked: two sweeps in one file
// would measure the same, and one could take a line that the other is writing
// for one cut by a kill.
type results struct {
	*os.File
	done []trial.Record // of earlier runs, without their courses over time
	// others counts the records of earlier runs by other builds: what they
	// measured were other programs.
	others int
	cut    bool // a line of it was cut, and is not there any more
}

// openResults makes a new file, or opens one to go on with: what was measured
// is never overwritten.
func openResults(path string, resume bool) (*results, error) {
	if !resume {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o666)
		if errors.Is(err, os.ErrExist) {
			return nil, fmt.Errorf("%w: --resume goes on with it, --out names another", err)
		}
		if err != nil {
			return nil, err
		}
		return newResults(f, func(*results) error { return nil })
	}
	// Only a file can be gone on with; what is none must not make us wait.
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", path)
	}
	if err != nil {
		return nil, fmt.Errorf("resume: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("resume: %w", err)
	}
	return newResults(f, (*results).goOn)
}

// newResults locks a file and prepares it; it is closed if either fails.
func newResults(f *os.File, prepare func(*results) error) (*results, error) {
	r := &results{File: f}
	// Some file systems have no locks: that is no reason to measure nothing.
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("%s: another sweep is writing it", f.Name())
	} else {
		err = prepare(r)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

// goOn reads what is there and cuts off what a kill left of a line.
func (r *results) goOn() error {
	file, err := trial.Read(r)
	if err == nil && file.Truncated {
		r.cut = true
		err = r.Truncate(file.Whole)
	}
	if err != nil {
		return fmt.Errorf("resume: %s: %w", r.Name(), err)
	}
	for _, done := range file.Records {
		if file.Environments[done.Environment].Build != version.Build() {
			r.others++
			continue
		}
		// Nearly all of their memory, which the trials to come may need.
		done.Series, done.ReceiverSeries, done.Progress = nil, nil, trial.Progress{}
		r.done = append(r.done, done)
	}
	return nil
}

// close leaves no empty file, which would be in the way of the next try.
func (r *results) close() error {
	info, err := r.Stat()
	if err == nil && info.Size() == 0 {
		err = os.Remove(r.Name())
	}
	return errors.Join(err, r.Close())
}
