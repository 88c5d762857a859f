package doctor

import "fmt"

// processor judges the CPU. One core moves some 10 Gbit/s with all it does
// besides: programs, kernel and the interface's interrupts.
func processor(f Facts, p Path) []Finding {
	const check, fast = "processor", 10e9
	if f.Cores == 0 {
		return unread(check, "the number of cores")
	}
	finding := Finding{Check: check, State: OK, Text: fmt.Sprintf("%d cores", f.Cores)}
	if f.Governor != "" {
		finding.Text += ", frequency governor " + f.Governor
	}
	switch {
	case p.Rate < fast:
	case f.Cores == 1:
		finding.State = Hint
		finding.Text += ": one core has to do for the programs and the interrupts of a fast link"
	case f.Governor != "" && f.Governor != "performance":
		finding.State, finding.Run, finding.Source = Hint, "cpupower frequency-set -g performance", "cpufreq of the kernel's documentation"
		finding.Text += ": the clock follows the load late"
	}
	return []Finding{finding}
}

func disk(f Facts, p Path) []Finding {
	const check = "disk"
	if f.Disk == nil {
		return nil
	}
	finding := Finding{
		Check: check, State: OK,
		Text: fmt.Sprintf("%s: writes %s, reads %s", f.Disk.Dir, bits(f.Disk.Write*8), bits(f.Disk.Read*8)),
	}
	if f.Disk.Cached {
		finding.Text += " (from memory: the cache could not be passed by)"
	}
	rate := float64(p.Rate) / 8
	switch write, read := f.Disk.Write < rate, f.Disk.Read < rate; {
	case write && read:
		finding.State = Limit
		finding.Text += "; both less than the path"
	case write:
		finding.State = Limit
		finding.Text += "; a host that receives is slower than the path"
	case read:
		finding.State = Limit
		finding.Text += "; a host that sends is slower than the path"
	}
	return []Finding{finding}
}
