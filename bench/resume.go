package bench

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"bbftp/bench/trial"
)

// resume counts the records of an earlier run. Those of cells whose peer is not
// there any more are left alone.
func (s *Sweep) resume(p *plan, done []trial.Record) error {
	if len(done) == 0 {
		return nil
	}
	all, err := s.Scenario.Cells()
	if err != nil {
		return err
	}
	wanted := map[trial.Cell]bool{}
	for _, c := range all {
		wanted[c] = true
	}
	courses := map[trial.Cell]*course{}
	for _, c := range p.courses {
		courses[c.cell] = c
	}
	for _, r := range done {
		c := r.Cell
		if c.Duration > 0 {
			c.Bytes = int64(s.Scenario.Size)
		}
		switch {
		case r.Sweep != s.Scenario.Name:
			return fmt.Errorf("resume: the file is of sweep %q, not of %q", r.Sweep, s.Scenario.Name)
		case !wanted[c]:
			return fmt.Errorf("resume: the scenario has changed: %s", difference(c, all))
		case r.Seed != seedOf(s.Scenario.Repeats.Seed, c, r.Repeat):
			return errors.New("resume: the scenario has changed: its seed is another one")
		}
		course := courses[c]
		if course == nil {
			continue
		}
		course.tryAgain() // as the earlier run did that has this record
		// A cell that had settled may go on: the scenario may want more of it now.
		if course.settled == "" {
			course.take(r, s.Scenario.Repeats, 0)
		}
	}
	for _, c := range p.courses {
		c.tryAgain()
	}
	return nil
}

// tryAgain takes up a cell that was given up: the user may have seen to the
// reason, the machine be less busy.
func (c *course) tryAgain() {
	if c.settled == settledFailures || c.settled == settledUnfaithful {
		c.settled, c.failures, c.unfaithful = "", 0, 0
	}
}

// difference names what makes the cell of a record unlike the most similar one
// of the scenario.
func difference(c trial.Cell, cells []trial.Cell) string {
	var least []string
	for _, other := range cells {
		if d := differences(c, other); least == nil || len(d) < len(least) {
			least = d
		}
	}
	return strings.Join(least, ", ")
}

func differences(then, now trial.Cell) (named []string) {
	a, b := reflect.ValueOf(then), reflect.ValueOf(now)
	for i := range a.NumField() {
		if x, y := a.Field(i).Interface(), b.Field(i).Interface(); x != y {
			name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
			named = append(named, fmt.Sprintf("%s %v is now %v", name, x, y))
		}
	}
	return named
}
