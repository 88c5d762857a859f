package peer

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"bbftp/bench/payload"
	"bbftp/bench/trial"
)

// stage is where a job's file is and where its copy comes to be. A put writes
// below the served directory; a get reads the source where it is.
type stage struct {
	source string // absolute
	name   string // of the file, at both ends
	served string // directory of the server
	here   string // directory of the client
	copied string
	size   int64
}

// plainName is a file name that needs no quoting anywhere: not in bbftp's
// commands, which know none, nor in an URL.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.+-]*$`)

// prepare makes the directories of a job.
func prepare(j Job) (*stage, error) {
	source, err := filepath.Abs(j.Source)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(source)
	if err != nil {
		return nil, err
	}
	work, err := filepath.Abs(j.Work)
	if err != nil {
		return nil, err
	}
	s := &stage{source: source, name: filepath.Base(source), size: info.Size()}
	if !plainName.MatchString(s.name) {
		return nil, fmt.Errorf("file name %q: want letters, digits and any of _ . + -", s.name)
	}
	made := filepath.Join(work, "copy")
	if err := os.Mkdir(made, 0o700); err != nil {
		return nil, err
	}
	s.copied = filepath.Join(made, s.name)
	s.here, s.served = filepath.Dir(source), made
	if j.Direction == trial.Get {
		s.here, s.served = s.served, s.here
	}
	return s, nil
}

// verify compares the copy with the source.
func (s *stage) verify() error {
	if err := payload.Same(s.source, s.copied); err != nil {
		return fmt.Errorf("the copy is not the file: %w", err)
	}
	return nil
}
