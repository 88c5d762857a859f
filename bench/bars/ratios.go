package bars

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"bbftp/bench/stats"
	"bbftp/bench/trial"
)

// rivals are what ours are compared with, in the order of columns.
var rivals = []struct{ peer, name string }{
	{"socat", "socat"}, {"iperf3", "iperf3"}, {"legacy", "legacy"}, {"legacy-tuned", "legacy tuned"}, {"bbftp-copy", "plain copy"}, {"rsync", "rsync"},
}

// Ratios writes all cells, work by work, with what they cost and how many times
// the time of each rival ours take.
func Ratios(w io.Writer, f *trial.File) error {
	f, others := latest(f)
	var b strings.Builder
	b.WriteString("# Ratios\n\n")
	head(&b, f, others)
	b.WriteString("\nA time is the median of the client's whole run, log-in and all, with its 95 % interval (order statistics; with fewer than six trials there is none). " +
		"Data phase is the rate while data streams were at work, by our client's own clock. " +
		"× columns: our time over the rival's, with as many streams if it was measured so, else at its best; below 1 ours take less; ≈: no difference can be claimed. " +
		"CPU is in seconds per 10^9 bytes, of both ends (client + server), each a median of its own. Memory is the peak, client, server; of several processes the sum of theirs.\n\n" +
		"About 1.2 s of each run of the legacy programs are fixed waits and not work: 1 s before the client ends, the rest before it begins. " +
		"The marginal rates below, what a larger file has more by the time it takes more, are without them. " +
		"Where a legacy server lost a start signal its stream waited 1 s and more: such trials are counted, and left out of the times: n are those left.\n")
	groups := stats.GroupByCell(f.Records)
	var order []string
	byWork := map[string][]stats.Group{}
	for _, g := range groups {
		if len(g.Records) == 0 {
			continue
		}
		name := work(g.Cell)
		if byWork[name] == nil {
			order = append(order, name)
		}
		byWork[name] = append(byWork[name], g)
	}
	for _, name := range order {
		table(&b, name, byWork[name])
	}
	marginals(&b, groups)
	_, err := io.WriteString(w, b.String())
	return err
}

// work names what a cell is to do.
func work(c trial.Cell) string {
	var words []string
	if c.Files > 0 {
		words = append(words, fmt.Sprintf("%d files of %s", c.Files, stats.FormatBytes(c.Bytes/int64(c.Files))))
	} else {
		words = append(words, stats.FormatBytes(c.Bytes))
	}
	if c.Kind != "random" {
		words = append(words, clean(c.Kind))
	}
	if c.Compressed {
		words = append(words, "compressed")
	}
	words = append(words, c.Direction)
	if c.Path == trial.Emulated {
		words = append(words, path{c.Rate, c.RTT, c.Loss, clean(c.Congestion)}.String())
	} else {
		words = append(words, c.Path)
	}
	if c.Storage != "" {
		words = append(words, c.Storage)
	}
	return strings.Join(words, ", ")
}

// program names who did it.
func program(c trial.Cell) string {
	name := clean(c.Peer)
	if c.Version > 0 {
		name += fmt.Sprintf(" V%d", c.Version)
	}
	if c.Window > 0 {
		name += " " + stats.FormatBytes(c.Window)
	}
	return name
}

func table(b *strings.Builder, name string, groups []stats.Group) {
	fmt.Fprintf(b, "\n## %s\n\n", strings.ToUpper(name[:1])+name[1:])
	heading := []string{"", "streams", "n", "s", "Gbit/s", "data phase", "CPU s/GB", "memory, MiB"}
	var compared []string
	for _, r := range rivals {
		if slices.ContainsFunc(groups, func(g stats.Group) bool { return g.Peer == r.peer }) {
			compared = append(compared, r.peer)
			heading = append(heading, "× "+r.name)
		}
	}
	row(b, heading...)
	row(b, slices.Repeat([]string{"---"}, len(heading))...)
	for _, g := range groups {
		time := summary(g, working)
		cells := []string{
			program(g.Cell), strings.TrimPrefix(streamsUsed(g), "× "), fmt.Sprint(time.N), digits(time.Median) + interval(time.Low, time.High) + stalled(g),
			digits(float64(g.Records[0].Bytes) * 8 / 1e9 / time.Median), phase(g), both(g, cpu, clientCPU, serverCPU),
			pair(g, inMiB.size, clientMemory, serverMemory),
		}
		for _, peer := range compared {
			cells = append(cells, against(g, peer, groups))
		}
		row(b, cells...)
	}
}

func clientCPU(r trial.Record) float64 { return known(r.ClientCPU / (float64(r.Bytes) / 1e9)) }
func serverCPU(r trial.Record) float64 { return known(r.ServerCPU / (float64(r.Bytes) / 1e9)) }

// phase is the rate of the data phase.
func phase(g stats.Group) string {
	if s := summary(g, moving); s.N > 0 && g.Files == 0 {
		return digits(s.Median / 1e9)
	}
	return ""
}

// both is a figure of both ends together and of each: "0.31 (0.12 + 0.19)". Medians
// do not add up.
func both(g stats.Group, sum, client, server func(trial.Record) float64) string {
	whole := summary(g, sum)
	if whole.N == 0 {
		return "–"
	}
	return digits(whole.Median) + " (" + digits(summary(g, client).Median) + " + " + digits(summary(g, server).Median) + ")"
}

// pair is a figure of each end.
func pair(g stats.Group, size float64, client, server func(trial.Record) float64) string {
	side := func(figure func(trial.Record) float64) string {
		if s := summary(g, figure); s.N > 0 {
			return digits(s.Median / size)
		}
		return "–"
	}
	return side(client) + ", " + side(server)
}

func summary(g stats.Group, figure func(trial.Record) float64) stats.Summary {
	return stats.Summarize(samples(g, figure))
}

func samples(g stats.Group, figure func(trial.Record) float64) []float64 {
	var all []float64
	for _, r := range g.Records {
		all = append(all, figure(r))
	}
	return all
}

func stalled(g stats.Group) string {
	if g.Stalled == 0 {
		return ""
	}
	longest := 0.0
	for _, r := range g.Records {
		longest = max(longest, r.Stall)
	}
	return fmt.Sprintf("; %d more waited up to %s", g.Stalled, stats.FormatTime(time.Duration(longest*float64(time.Second))))
}

// ours are the peers that are compared with the rest.
func ours(peer string) bool {
	return peer == "bbftp" || strings.HasPrefix(peer, "bbftp-") && peer != "bbftp-copy"
}

// against compares the times of one cell of ours with a rival's.
func against(g stats.Group, peer string, groups []stats.Group) string {
	if !ours(g.Peer) {
		return ""
	}
	var rival stats.Group
	found := false
	for _, other := range groups {
		switch {
		case other.Peer != peer || found && rival.Streams == g.Streams:
		case !found || other.Streams == g.Streams || other.NoStall.Median > rival.NoStall.Median:
			rival, found = other, true
		}
	}
	if !found {
		return ""
	}
	c := stats.Compare(samples(g, working), samples(rival, working))
	text := digits(c.Ratio) + interval(c.Low, c.High)
	if !c.Different {
		text = "≈ " + text
	}
	return text
}

// marginals are the rates of cells that were measured with two sizes.
func marginals(b *strings.Builder, groups []stats.Group) {
	headed := false
	for _, g := range groups {
		if len(g.Records) == 0 || g.Duration > 0 || g.Files > 0 {
			continue
		}
		wanted := g.Cell
		sets := marginalSets(wanted)
		large, _ := sets[0].choose(groups)
		small, _ := sets[2].choose(groups)
		if g.Bytes != large.Bytes || small.Bytes == large.Bytes {
			continue
		}
		if !headed {
			headed = true
			b.WriteString("\n## Marginal rates\n\n(bytes of the large file − of the small one) ÷ (median time of the large − of the small). Fixed costs: what the small file's time leaves over.\n\n")
			row(b, "", "streams", "sizes", "Gbit/s (95 %)", "fixed, s", "n")
			row(b, "---", "---", "---", "---", "---", "---")
		}
		r := bar{sets: sets, of: marginal}.hold(groups)
		fixed := r.medians[3] - r.medians[2]*8/r.estimate.Value
		row(b, program(g.Cell)+", "+place(g.Cell), strings.TrimPrefix(streamsUsed(g), "× "), stats.FormatBytes(small.Bytes)+", "+stats.FormatBytes(large.Bytes),
			digits(r.estimate.Value/1e9)+interval(r.estimate.Low/1e9, r.estimate.High/1e9), digits(fixed), fmt.Sprintf("%d, %d", r.counts[1], r.counts[3]))
	}
}

// place is what tells cells of two sizes apart besides.
func place(c trial.Cell) string {
	_, rest, _ := strings.Cut(work(c), ", ")
	return rest
}
