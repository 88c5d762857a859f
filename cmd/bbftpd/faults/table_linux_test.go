package faults

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// atOnce is how many rows are played at once: most wait for a limit.
const atOnce = 8

func TestTable(t *testing.T) {
	w := enter(t, atOnce)
	if w == nil {
		return
	}
	// Those that wait longest come first.
	rows := slices.Concat(halfOpen(), cuts(), stalls(), disks(), files(), descriptors(), clocks(), kills(), systemKills(), overTLS())
	if !full() {
		rows = quick(rows)
	}
	if only := os.Getenv(onlyEnv); only != "" {
		rows = slices.DeleteFunc(rows, func(r *row) bool { return !strings.Contains(r.String(), only) })
	}
	begun := time.Now()
	t.Run("rows", func(t *testing.T) {
		for _, r := range rows {
			t.Run(strings.ReplaceAll(r.String(), " ", "-"), func(t *testing.T) {
				t.Parallel()
				w.play(t, r)
			})
		}
	})
	if full() && os.Getenv(onlyEnv) == "" {
		rows = append(rows, w.alone(t)...)
	}
	text := report{begun: begun, elapsed: time.Since(begun), rows: rows}.String()
	path := os.Getenv(reportEnv)
	if path == "" || os.Getenv(onlyEnv) != "" {
		t.Log(text)
		return
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Error(err)
	}
}

// alone plays what needs the machine for itself.
func (w *world) alone(t *testing.T) []*row {
	rows := crowds()
	for _, r := range rows {
		t.Run(strings.ReplaceAll(r.String(), " ", "-"), func(t *testing.T) { w.play(t, r) })
	}
	const found = "nothing found"
	for _, place := range []string{"library", "program"} {
		r := &row{fault: "walks over sessions that break every rule", role: "server, " + place, version: 3, operation: put, allowed: []string{found}}
		r.outcome = "something found"
		if t.Run("walk-"+place, func(t *testing.T) {
			seed := walkSeed(t)
			r.says = fmt.Sprintf("(%s in %v, seed %d)", walkOver(t, grounds[place](t, w), seed, walkTime(t)), walkTime(t), seed)
		}) {
			r.outcome = found
		}
		rows = append(rows, r)
	}
	return rows
}

// quick is what `go test` plays of the table: kills at some steps, and one row of
// each other fault that takes no time.
func quick(rows []*row) (few []*row) {
	steps := []step{loginSent, accepted, middle, acked}
	slow := []string{"half-open peer", "network cut beyond the limits", "network cut beyond the limits, then back", "stalled reader beyond the limits"}
	var seen []string
	for _, r := range rows {
		switch {
		case r.tls && (r.fault != "kill -9" || r.step != tlsAnswered || r.operation != put):
		case r.version != 3 || r.gzip || slices.Contains(slow, r.fault):
		case r.fault == "kill -9" && (r.tls || slices.Contains(steps, r.step)):
			few = append(few, r)
		case !slices.Contains(seen, r.fault) && (r.step == middle || r.step == loggedIn || r.step == requestSent):
			seen, few = append(seen, r.fault), append(few, r)
		}
	}
	return few
}
