package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"bbftp/bench/payload"
	"bbftp/bench/scenario"
)

// spare is the room that must stay free when a trial has its file and its copy.
const spare = 64 << 20

// sources are the files to be moved. One of each kind and size is made when it
// is first needed; those not used for longest go when there is no room.
type sources struct {
	dir   string
	seed  uint64
	free  func(dir string) (int64, error)
	files []source // the one used last at the end
}

type source struct {
	path string
	kind string
	size int64
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

// get returns the path of a file of that kind and size, with room beside it for
// a copy.
func (s *sources) get(kind string, size int64) (string, error) {
	i := slices.IndexFunc(s.files, func(f source) bool { return f.kind == kind && f.size == size })
	if i >= 0 {
		f := s.files[i]
		s.files = append(slices.Delete(s.files, i, i+1), f)
		if err := s.makeRoom(size, size, 1); err != nil {
			return "", err
		}
		return f.path, nil
	}
	if err := s.makeRoom(2*size, size, 0); err != nil {
		return "", err
	}
	f := source{filepath.Join(s.dir, fmt.Sprintf("%s-%d", kind, size)), kind, size}
	if err := payload.Write(f.path, payload.Kind(kind), size, s.seed); err != nil {
		_ = os.Remove(f.path)
		return "", fmt.Errorf("make the file to move: %w", err)
	}
	s.files = append(s.files, f)
	return f.path, nil
}

// makeRoom removes files, but for the last ones, until there is enough.
func (s *sources) makeRoom(need, size int64, keep int) error {
	for {
		err := s.room(need, size)
		if err == nil || len(s.files) <= keep {
			return err
		}
		if err := os.Remove(s.files[0].path); err != nil {
			return err
		}
		s.files = s.files[1:]
	}
}
