package interop

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// report renders the outcomes as Markdown.
type report struct {
	begun    time.Time
	elapsed  time.Duration
	extent   scope
	clients  []client
	servers  []server
	told     map[server]map[string]int // sessions by version, from the servers' logs
	outcomes []outcome
	left     map[string]int
}

func (r report) String() string {
	var b strings.Builder
	files, differ, failures := 0, 0, 0
	for _, o := range r.outcomes {
		files, differ, failures = files+o.files, differ+o.differ, failures+len(o.failures)
	}
	command := "make interop"
	if r.extent.quick() {
		command = extentEnv + "=quick " + command
	}
	fmt.Fprintf(&b, "# Live interoperation\n\nWritten by `%s` on %s: %s, %d processors, all programs on one machine over its loopback interface.\n\n",
		command, r.begun.UTC().Format("2006-01-02 15:04 MST"), system(), runtime.NumCPU())
	fmt.Fprintf(&b, "**%d files moved in %d sessions, %d differ; %d other failures.** %.0f seconds.\n\n",
		files, len(r.outcomes), differ, failures-differ, r.elapsed.Seconds())
	r.programs(&b)
	r.files(&b)
	r.streams(&b)
	r.attributes(&b)
	r.notRun(&b)
	r.failures(&b)
	return b.String()
}

func system() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return "unknown system"
	}
	return fmt.Sprintf("%s %s on %s", unix.ByteSliceToString(name.Sysname[:]), unix.ByteSliceToString(name.Release[:]), unix.ByteSliceToString(name.Machine[:]))
}

// table writes a Markdown table.
func table(b *strings.Builder, head []string, rows [][]string) {
	fmt.Fprintf(b, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat("---|", len(head)))
	for _, row := range rows {
		fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
	}
	b.WriteString("\n")
}

func (r report) programs(b *strings.Builder) {
	var rows [][]string
	for _, c := range r.clients {
		rows = append(rows, []string{c.name() + " client", c.version, "", ""})
	}
	for _, s := range r.servers {
		var served, told []string
		for version := 1; version <= 3; version++ {
			switch s.port(version) {
			case 0:
			case s.port(3):
				served = append(served, strconv.Itoa(version))
			default:
				served = append(served, fmt.Sprintf("%d (another build)", version))
			}
			if n := r.told[s][strconv.Itoa(version)]; n > 0 {
				told = append(told, fmt.Sprintf("%d of version %d", n, version))
			}
		}
		rows = append(rows, []string{s.name() + " server", s.version, strings.Join(served, ", "), strings.Join(told, ", ")})
	}
	table(b, []string{"program", "says", "versions served", "sessions in its log"}, rows)
}

// byRow writes one line a row: its three names and what columns make of its
// outcomes.
func (r report) byRow(b *strings.Builder, head []string, columns func([]outcome) []string) {
	var rows [][]string
	for _, c := range r.clients {
		for _, s := range r.servers {
			for version := 1; version <= 3; version++ {
				var own []outcome
				for _, o := range r.outcomes {
					if o.client == c && o.server == s && o.version == version {
						own = append(own, o)
					}
				}
				if len(own) > 0 {
					rows = append(rows, append([]string{c.name(), s.name(), strconv.Itoa(version)}, columns(own)...))
				}
			}
		}
	}
	table(b, append([]string{"client", "server", "version"}, head...), rows)
}

func (r report) files(b *strings.Builder) {
	fmt.Fprintf(b, "## Files\n\nEach of the sizes %s bytes with each of %s streams; SHA-256 of what arrived against that of what was sent.\n\n",
		listed(r.extent.sizes), listed(r.extent.streams))
	var head []string
	for _, operation := range r.extent.operations {
		head = append(head, operation, operation+" gzip")
	}
	r.byRow(b, head, func(own []outcome) []string {
		var cells []string
		for _, operation := range r.extent.operations {
			for _, gzip := range []bool{false, true} {
				files, differ, failures := 0, 0, 0
				for _, o := range own {
					if o.operation == operation && o.gzip == gzip {
						files, differ, failures = files+o.files, differ+o.differ, failures+len(o.failures)
					}
				}
				text := fmt.Sprintf("%d files, %d differ", files, differ)
				if failures > differ {
					text += fmt.Sprintf(", %d other failures", failures-differ)
				}
				cells = append(cells, text)
			}
		}
		return cells
	})
}

func listed[T int | int64](values []T) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprint(v)
	}
	return strings.Join(words, ", ")
}

func (r report) streams(b *strings.Builder) {
	b.WriteString("## Streams\n\nAsked for, and as told by the client for files that are large enough for all. " +
		"Version 1 carries at most 10, and our client holds to 12 where release 3.2.1 can't bear more.\n\n")
	var head []string
	for _, n := range r.extent.streams {
		head = append(head, fmt.Sprintf("%d asked", n))
	}
	r.byRow(b, head, func(own []outcome) []string {
		var cells []string
		for _, n := range r.extent.streams {
			var carried []int
			for _, o := range own {
				if o.streams == n {
					carried = append(carried, o.carried...)
				}
			}
			slices.Sort(carried)
			cells = append(cells, orDash(listed(slices.Compact(carried))))
		}
		return cells
	})
}

func (r report) attributes(b *strings.Builder) {
	b.WriteString("## Mode and times\n\nFiles that have the permission bits, and both times, of their source. " +
		"Version 1 carries neither; the legacy client does not apply the times of what it gets; " +
		"server 3.2.1 applies their lower 32 bits, which were checked, and on 64-bit machines leaves the upper ones to chance.\n\n")
	r.byRow(b, []string{"put: mode", "put: times", "get: mode", "get: times"}, func(own []outcome) []string {
		var cells []string
		for _, puts := range []bool{true, false} {
			var mode, times tally
			for _, o := range own {
				if o.puts() == puts {
					mode = tally{mode.kept + o.mode.kept, mode.of + o.mode.of}
					times = tally{times.kept + o.times.kept, times.of + o.times.of}
				}
			}
			cells = append(cells, mode.String(), times.String())
		}
		return cells
	})
}

func (t tally) String() string {
	if t.of == 0 {
		return "–"
	}
	return fmt.Sprintf("%d of %d", t.kept, t.of)
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

func (r report) notRun(b *strings.Builder) {
	b.WriteString("## Not run\n\n")
	var rows [][]string
	for _, why := range slices.Sorted(maps.Keys(r.left)) {
		rows = append(rows, []string{strconv.Itoa(r.left[why]), why})
	}
	if len(rows) == 0 {
		b.WriteString("Nothing.\n\n")
		return
	}
	table(b, []string{"files", "reason"}, rows)
}

func (r report) failures(b *strings.Builder) {
	b.WriteString("## Failures\n\n")
	var lines []string
	for _, o := range r.outcomes {
		for _, failure := range o.failures {
			lines = append(lines, fmt.Sprintf("* %v: %s\n", o.batch, failure))
		}
	}
	if len(lines) == 0 {
		lines = []string{"None.\n"}
	}
	slices.Sort(lines) // sessions end in any order
	b.WriteString(strings.Join(lines, ""))
}

// TestReport looks at a report of one good and one bad session.
func TestReport(t *testing.T) {
	ours, old := program{release: "4.0.0"}, program{release: "3.2.1", legacy: true}
	r := report{extent: scope{[]string{"put", "get"}, []int{1, 3, 12, 25}, []int64{0, 1, largeSize}}, clients: []client{{ours}}, servers: []server{{old, [3]int{5031, 5031, 5031}, ""}}, left: map[string]int{"no time": 7}}
	good := outcome{batch: batch{row: row{r.clients[0], r.servers[0], 3}, operation: "put", streams: 25}, files: 3, mode: tally{3, 3}, times: tally{2, 3}, carried: []int{12}}
	bad := good
	bad.gzip, bad.differ = true, 1
	bad.fail("f1 did not arrive")
	r.outcomes = []outcome{good, bad}
	text := r.String()
	for _, want := range []string{
		"**6 files moved in 2 sessions, 1 differ; 0 other failures.**",
		"| our | 3.2.1 | 3 | 3 files, 0 differ | 3 files, 1 differ | 0 files, 0 differ |",
		"| our | 3.2.1 | 3 | – | – | – | 12 |",
		"| our | 3.2.1 | 3 | 6 of 6 | 4 of 6 | – | – |",
		"| 7 | no time |",
		"* our-client,3.2.1-server,v3,put,gzip,25-streams: f1 did not arrive\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
}
