package peer

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"bbftp/bench/payload"
	"bbftp/bench/trial"
)

// stage is where a job's files are and where their copies come to be. A put
// writes below the served directory; a get reads the source where it is.
type stage struct {
	from   string // directory of the files
	made   string // directory of the copies
	served string // directory of the server
	here   string // directory of the client
	names  []string
	size   int64 // of all files
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
	work, err := filepath.Abs(j.Work)
	if err != nil {
		return nil, err
	}
	s := &stage{from: filepath.Dir(source), names: []string{filepath.Base(source)}, made: filepath.Join(work, "copy")}
	if j.Files > 0 {
		s.from = source
		if err := s.list(); err != nil {
			return nil, err
		}
	}
	for _, name := range s.names {
		if !plainName.MatchString(name) {
			return nil, fmt.Errorf("file name %q: want letters, digits and any of _ . + -", name)
		}
		info, err := os.Stat(filepath.Join(s.from, name))
		if err != nil {
			return nil, err
		}
		s.size += info.Size()
	}
	if err := os.Mkdir(s.made, 0o700); err != nil {
		return nil, err
	}
	s.here, s.served = s.from, s.made
	if j.Direction == trial.Get {
		s.here, s.served = s.served, s.here
	}
	return s, nil
}

// list takes all files of the directory.
func (s *stage) list() error {
	entries, err := os.ReadDir(s.from)
	if err != nil {
		return err
	}
	s.names = nil
	for _, e := range entries {
		s.names = append(s.names, e.Name())
	}
	return nil
}

// name is that of the only file, at both ends.
func (s *stage) name() string { return s.names[0] }

// source and copied are the paths of a file and of its copy.
func (s *stage) source(name string) string { return filepath.Join(s.from, name) }
func (s *stage) copied(name string) string { return filepath.Join(s.made, name) }

// verify compares the copies with the sources.
func (s *stage) verify() error {
	for _, name := range s.names {
		if err := payload.Same(s.source(name), s.copied(name)); err != nil {
			return fmt.Errorf("the copy is not the file: %w", err)
		}
	}
	return nil
}
