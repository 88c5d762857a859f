package main

import (
	"errors"
	"fmt"
	"os"

	"bbftp/bench/trial"
)

// results is the file that a sweep writes.
type results struct {
	*os.File
	done []trial.Record // of an earlier run
	cut  bool           // a line of it was cut, and is not there any more
}

// openResults makes a new file, or opens one to go on with: what was measured
// is never overwritten.
func openResults(path string, resume bool) (r *results, err error) {
	if !resume {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o666)
		if errors.Is(err, os.ErrExist) {
			return nil, fmt.Errorf("%w: --resume goes on with it, --out names another", err)
		}
		return &results{File: f}, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("resume: %w", err)
	}
	file, err := trial.Read(f)
	if err == nil && file.Truncated {
		err = f.Truncate(file.Whole)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("resume: %s: %w", path, err), f.Close())
	}
	return &results{f, file.Records, file.Truncated}, nil
}

// close leaves no empty file, which would be in the way of the next try.
func (r *results) close() error {
	info, err := r.Stat()
	if err == nil && info.Size() == 0 {
		err = os.Remove(r.Name())
	}
	return errors.Join(err, r.Close())
}
