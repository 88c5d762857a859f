package report

import (
	"cmp"
	"fmt"
	"slices"

	"bbftp/bench/stats"
	"bbftp/bench/trial"
)

// facts are what is known of a machine.
func facts(e trial.Environment) []line {
	var all []line
	add := func(about, says string) {
		if says = clean(says); says != "" {
			all = append(all, line{clean(about), says})
		}
	}
	add("System", e.System)
	add("Kernel", e.Kernel)
	add("Processor", e.CPU)
	if e.Cores > 0 {
		add("Cores", fmt.Sprint(e.Cores))
	}
	if e.Memory > 0 {
		add("Memory", stats.FormatBytes(e.Memory))
	}
	add("File system", e.Files)
	add("Path emulated by", e.Emulator)
	add("Congestion control", e.Congestion+" (there are "+cmp.Or(e.Available, "no others")+")")
	add("bbbench", e.Build)
	add("Go", e.Go)
	for _, name := range sorted(e.Versions) {
		add(name, e.Versions[name])
	}
	for _, name := range sorted(e.Sysctls) {
		add(name, e.Sysctls[name])
	}
	return all
}

func sorted(m map[string]string) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
