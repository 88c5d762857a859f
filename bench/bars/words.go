package bars

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"bbftp/bench/stats"
	"bbftp/bench/trial"
)

// unit is what figures of one kind are written in.
type unit struct {
	name string
	size float64
}

var (
	inSeconds = unit{" s", 1}
	inGbit    = unit{" Gbit/s", 1e9}
	inMbit    = unit{" Mbit/s", 1e6}
	inPerGB   = unit{" s/GB", 1}
	inMiB     = unit{" MiB", 1 << 20}
)

func (u unit) of(v float64) string { return digits(v/u.size) + u.name }

// digits is v with three of them, "–" if there is none.
func digits(v float64) string {
	switch abs := math.Abs(v); {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "–"
	case abs >= 99.5:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case abs >= 9.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case abs >= 0.0995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', 3, 64)
}

// interval is low and high behind a value; "" if it has none.
func interval(low, high float64) string {
	if math.IsInf(low, 0) || math.IsInf(high, 0) {
		return ""
	}
	return " (" + digits(low) + "–" + digits(high) + ")"
}

// clean takes out of text from a file what would break a table.
func clean(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("|", "/", "`", "'", "<", "(", ">", ")").Replace(s)), " ")
}

// row writes a line of a table.
func row(b *strings.Builder, cells ...string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// head writes where, when and by what the records were made.
func head(b *strings.Builder, f *trial.File, others int) {
	var first, last time.Time
	used, spoilt, failed := 0, 0, 0
	var sweeps, machines []string
	for _, r := range f.Records {
		if first.IsZero() || r.Time.Before(first) {
			first = r.Time
		}
		if r.Time.After(last) {
			last = r.Time
		}
		switch {
		case r.Usable():
			used++
		case r.Error != "":
			failed++
		case r.Unfaithful != "":
			spoilt++
		}
		if name := clean(r.Sweep); !slices.Contains(sweeps, name) {
			sweeps = append(sweeps, name)
		}
		if e, known := f.Environments[r.Environment]; known {
			if text := machine(e); !slices.Contains(machines, text) {
				machines = append(machines, text)
			}
		}
	}
	for _, text := range machines {
		fmt.Fprintf(b, "Machine: %s.\n", text)
	}
	for _, name := range sweeps {
		if command, preset, is := strings.Cut(name, "-"); is {
			fmt.Fprintf(b, "Measured by `bbbench %s %s`, all cells of it in shuffled rounds, interleaved.\n", command, preset)
		} else {
			fmt.Fprintf(b, "Measured by `bbbench sweep %s`, all cells of it in shuffled rounds, interleaved.\n", name)
		}
	}
	fmt.Fprintf(b, "%s to %s UTC; %d trials used, %d left out as their emulated path was not faithful, %d failed.\n",
		first.UTC().Format("2 January 2006, 15:04"), last.UTC().Format("15:04"), used, spoilt, failed)
	if others > 0 {
		fmt.Fprintf(b, "%d trials of earlier builds in the same files are not in it.\n", others)
	}
}

func machine(e trial.Environment) string {
	words := []string{clean(e.CPU), fmt.Sprintf("%d cores", e.Cores), stats.FormatBytes(e.Memory), "kernel " + clean(e.Kernel)}
	if e.Files != "" {
		words = append(words, clean(e.Files))
	}
	if e.Emulator != "" {
		words = append(words, "paths emulated over "+clean(e.Emulator))
	}
	words = append(words, "congestion control "+clean(e.Congestion), "bbbench "+clean(e.Build))
	var programs []string
	for name := range e.Versions {
		programs = append(programs, name)
	}
	slices.Sort(programs)
	for i, name := range programs {
		programs[i] = clean(name + ": " + e.Versions[name])
	}
	return strings.Join(words, ", ") + ". " + strings.Join(programs, "; ")
}
