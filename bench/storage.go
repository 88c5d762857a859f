package bench

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"bbftp/bench/trial"
)

// storage is a directory to work in, where one kind of cells has its files.
type storage struct {
	work    string
	sources *sources
	system  string // type of the file system; "": not known
}

// memorySystems are the file systems that keep files in memory.
var memorySystems = []string{"tmpfs", "ramfs"}

// storages opens what the cells ask for (trial.Cell.Storage), and returns what
// closes it.
func (s *Sweep) storages(cells []trial.Cell) (all map[string]*storage, remove func() error, err error) {
	all = map[string]*storage{}
	var removes []func() error
	remove = func() (err error) {
		for _, r := range removes {
			err = errors.Join(err, r())
		}
		return err
	}
	needs := map[string]int64{}
	for _, c := range cells {
		needs[c.Storage] = max(needs[c.Storage], sizeOf(c))
	}
	for name, need := range needs {
		dir := s.Dir
		switch {
		case name == trial.Memory:
			dir = inMemory
		case name == "" && dir == "":
			dir = chooseDir(s.system.free, 2*need+spare)
		case dir == "":
			dir = os.TempDir()
		}
		one, removeOne, err := s.storage(name, dir, need)
		if err != nil {
			return nil, nil, errors.Join(err, remove())
		}
		all[name], removes = one, append(removes, removeOne)
	}
	return all, remove, nil
}

func (s *Sweep) storage(name, dir string, need int64) (*storage, func() error, error) {
	work, remove, err := workspace(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("make a directory to work in: %w", err)
	}
	one := &storage{work: work, sources: newSources(work, s.Scenario.Repeats.Seed, s.system.free)}
	env, err := s.system.environment(s.Build, work)
	if err == nil {
		one.system = env.Files
		inMemory := slices.Contains(memorySystems, one.system)
		switch {
		case name == trial.Disk && inMemory:
			err = fmt.Errorf("%s is in memory (%s): for files on a disk, name a directory there", dir, one.system)
		case name == trial.Memory && !inMemory && one.system != "":
			err = fmt.Errorf("%s is not in memory (%s)", dir, one.system)
		default:
			err = one.sources.fits(need)
		}
	}
	if err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	return one, remove, nil
}

// systems names the file systems of all that are open.
func systems(all map[string]*storage) string {
	var words []string
	for name, one := range all {
		words = append(words, strings.TrimSpace(name+" "+one.system))
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}
