package report

import (
	"maps"
	"time"

	"bbftp/bench/trial"
)

// Merge puts results files together. A trial that is in several of them, such
// as a copy of a file, counts once: counted twice it would make the figures
// look surer than they are.
func Merge(files ...*trial.File) *trial.File {
	type identity struct {
		at     time.Time
		cell   trial.Cell
		repeat int
	}
	whole := &trial.File{Environments: map[string]trial.Environment{}}
	before := map[identity]bool{}
	for _, f := range files {
		maps.Copy(whole.Environments, f.Environments)
		whole.Unknown += f.Unknown
		whole.Truncated = whole.Truncated || f.Truncated
		var here []identity // within a file equal times may be a coarse clock's
		for _, r := range f.Records {
			id := identity{r.Time, r.Cell, r.Repeat}
			if !before[id] {
				whole.Records = append(whole.Records, r)
				here = append(here, id)
			}
		}
		for _, id := range here {
			before[id] = true
		}
	}
	return whole
}
