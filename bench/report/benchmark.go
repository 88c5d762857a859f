package report

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"bbftp/bench/stats"
	"bbftp/bench/trial"
)

// Benchmark writes the usable trials in the Go benchmark format, which benchstat
// compares and filters by the parts of the names:
//
//	benchstat -col /peer -row /streams FILE
func Benchmark(w io.Writer, f *trial.File) error {
	var b strings.Builder
	b.WriteString("Unit bit/s better=higher\nUnit steady-bit/s better=higher\nUnit cpu-s/GB better=lower\n")
	machine := ""
	for _, r := range f.Records {
		if !r.Usable() {
			continue
		}
		if r.Environment != machine || machine == "" {
			machine = r.Environment
			benchmarkMachine(&b, f.Environments[machine])
		}
		fmt.Fprintf(&b, "BenchmarkSweep%s 1 %.0f ns/op %.0f bit/s", benchmarkName(r.Cell), r.Seconds*1e9, r.Goodput)
		if r.Steady > 0 { // 0 stands for a figure not taken
			fmt.Fprintf(&b, " %.0f steady-bit/s", r.Steady)
		}
		if cpu := r.CPUPerGB(); cpu > 0 {
			fmt.Fprintf(&b, " %.4g cpu-s/GB", cpu)
		}
		fmt.Fprintf(&b, " %.4g setup-s %d retransmits\n", r.Setup, r.Retransmits)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// benchmarkMachine writes the configuration lines for what follows.
func benchmarkMachine(b *strings.Builder, e trial.Environment) {
	for _, line := range [][2]string{
		{"machine", e.ID}, {"kernel", e.Kernel}, {"cpu", e.CPU}, {"build", e.Build},
	} {
		// Without a value a line takes back that of the machine before.
		b.WriteString(strings.TrimSuffix(fmt.Sprintf("%s: %s", line[0], clean(line[1])), " ") + "\n")
	}
}

// benchmarkName has a part for each choice of the cell.
func benchmarkName(c trial.Cell) string {
	var b strings.Builder
	add := func(key, value string) { b.WriteString("/" + key + "=" + namePart(value)) }
	add("peer", c.Peer)
	if c.Version > 0 {
		add("version", fmt.Sprint(c.Version))
	}
	add("path", c.Path)
	if c.Target != "" {
		add("target", c.Target)
	}
	if c.Path == trial.Emulated {
		add("rtt", seconds(c.RTT))
		if c.Jitter > 0 {
			add("jitter", seconds(c.Jitter))
		}
		add("rate", rateName(c.Rate))
		add("loss", stats.FormatShare(c.Loss))
		if c.Queue > 0 {
			add("queue", stats.FormatBytes(c.Queue))
		}
	}
	if c.Congestion != "" {
		add("congestion", c.Congestion)
	}
	add("direction", c.Direction)
	add("kind", c.Kind)
	if c.Compressed {
		add("compressed", "yes")
	}
	if c.Files > 0 {
		add("files", fmt.Sprint(c.Files))
	}
	if c.Storage != "" {
		add("storage", c.Storage)
	}
	if c.Duration > 0 {
		add("duration", seconds(c.Duration))
	} else {
		add("size", stats.FormatBytes(c.Bytes))
	}
	window := "auto"
	if c.Window > 0 {
		window = stats.FormatBytes(c.Window)
	}
	add("window", window)
	if c.Streams == 0 {
		add("streams", "auto")
	} else {
		add("streams", fmt.Sprint(c.Streams))
	}
	return b.String()
}

func rateName(bps int64) string {
	if bps == 0 {
		return "unlimited"
	}
	// The slash of bit/s would begin a part.
	return strings.TrimSuffix(rate(bps), "it/s") + "ps"
}

// namePart is value without what ends a part or the name. A part that ended in
// "-" and a number would be taken for GOMAXPROCS, hence the streams last.
func namePart(value string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return -1
		case r == '/' || r == '=' || unicode.IsSpace(r) || unicode.IsControl(r) || !unicode.IsPrint(r):
			return '_'
		}
		return r
	}, value)
}
