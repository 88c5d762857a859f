package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"bbftp/bench/payload"
	"bbftp/bench/scenario"
	"bbftp/bench/trial"
)

// spare is the room that must stay free when a trial has its file and its copy.
const spare = 64 << 20

// sources are the files to be moved. One of each kind and size is made when it
// is first needed; those not used for longest go when there is no room.
type sources struct {
	dir  string
	seed uint64
	free func(dir string) (int64, error)
	made []source // the one used last at the end
}

type source struct {
	path  string // of the file, or of the directory of files
	kind  string
	size  int64
	files int // 0: one
}

func newSources(dir string, seed uint64, free func(string) (int64, error)) *sources {
	return &sources{dir: dir, seed: seed, free: free}
}

// fits says whether there is room for a file of that size and its copy.
func (s *sources) fits(size int64) error { return s.room(2*size, size) }

func (s *sources) room(need, size int64) error {
	free, err := s.free(s.dir)
	if err != nil {
		return fmt.Errorf("find out how much room %s has: %w", s.dir, err)
	}
	if free < need+spare {
		return fmt.Errorf("%s has room for %s: a trial needs %s for its file of %s and the copy of it",
			s.dir, scenario.FormatSize(free), scenario.FormatSize(need+spare), scenario.FormatSize(size))
	}
	return nil
}

// get returns the path of the file of a cell, or of the directory of its files,
// with room beside it for a copy.
func (s *sources) get(c trial.Cell) (string, error) {
	i := slices.IndexFunc(s.made, func(f source) bool { return f.kind == c.Kind && f.size == c.Bytes && f.files == c.Files })
	if i >= 0 {
		f := s.made[i]
		s.made = append(slices.Delete(s.made, i, i+1), f)
		if err := s.makeRoom(c.Bytes, c.Bytes, 1); err != nil {
			return "", err
		}
		return f.path, nil
	}
	if err := s.makeRoom(2*c.Bytes, c.Bytes, 0); err != nil {
		return "", err
	}
	f := source{filepath.Join(s.dir, fmt.Sprintf("%s-%d", c.Kind, c.Bytes)), c.Kind, c.Bytes, c.Files}
	if c.Files > 0 {
		f.path += fmt.Sprintf("-in-%d", c.Files)
	}
	if err := s.write(f); err != nil {
		_ = os.RemoveAll(f.path)
		return "", fmt.Errorf("make the file to move: %w", err)
	}
	s.made = append(s.made, f)
	return f.path, nil
}

// write makes the file, or the files: none is like another.
func (s *sources) write(f source) error {
	if f.files == 0 {
		return payload.Write(f.path, payload.Kind(f.kind), f.size, s.seed)
	}
	if err := os.Mkdir(f.path, 0o700); err != nil {
		return err
	}
	for i := range f.files {
		name := filepath.Join(f.path, fmt.Sprintf("%05d", i))
		if err := payload.Write(name, payload.Kind(f.kind), f.size/int64(f.files), s.seed+uint64(i)); err != nil {
			return err
		}
	}
	return nil
}

// makeRoom removes files, but for the last ones, until there is enough.
func (s *sources) makeRoom(need, size int64, keep int) error {
	for {
		err := s.room(need, size)
		if err == nil || len(s.made) <= keep {
			return err
		}
		if err := os.RemoveAll(s.made[0].path); err != nil {
			return err
		}
		s.made = s.made[1:]
	}
}
