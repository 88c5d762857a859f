package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"bbftp/bench/stats"
	"bbftp/bench/trial"
)

// Text writes the results as tables for a terminal, one for each route, with
// what they say below them.
func Text(w io.Writer, f *trial.File) error {
	s := newSheet(f)
	var b strings.Builder
	s.head(&b)
	for _, r := range s.Routes {
		b.WriteString("\n")
		r.table(&b)
		r.under(&b)
	}
	if len(s.Routes) > 0 {
		b.WriteString("\n")
		wrap(&b, "", "Goodput is the file's bytes over the client's whole run; (…) is the 95 % interval of the median, "+
			"[…] the least and the most where trials are too few for one. * knee: the fewest streams within 5 % of the best. "+
			"≈ no difference can be claimed. Steady is the rate at speed, set-up the time to the first byte.")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *sheet) head(b *strings.Builder) {
	if s.Trials > 0 {
		wrap(b, "", s.title()+". "+s.summary())
	}
	for _, e := range s.Environments {
		wrap(b, "", machine(e, len(s.Environments) > 1))
	}
	for _, n := range s.Notes {
		wrap(b, "Note: ", n)
	}
}

// summary is what was measured, and when.
func (s *sheet) summary() string {
	words := plural(s.Trials, "trial")
	if s.Used < s.Trials {
		words += fmt.Sprintf(", %d of them used,", s.Used)
	}
	if len(s.Sweeps) > 0 {
		words += " of sweep " + list(s.Sweeps)
	}
	return words + ", " + span(s.First, s.Last) + "."
}

// span is a time of day, or two, in the time zone of all results files, UTC.
func span(from, to time.Time) string {
	from, to = from.UTC(), to.UTC()
	words := from.Format("2 January 2006, 15:04")
	switch {
	case from.Format(time.DateOnly) != to.Format(time.DateOnly):
		words += " to " + to.Format("2 January 2006, 15:04")
	case to.Sub(from) >= time.Minute:
		words += "–" + to.Format("15:04")
	}
	return words + " UTC"
}

// machine is an environment in a line.
func machine(e trial.Environment, named bool) string {
	var words []string
	add := func(format string, args ...any) { words = append(words, clean(fmt.Sprintf(format, args...))) }
	if e.CPU != "" {
		add("%s", e.CPU)
	}
	if e.Cores > 0 {
		add("%s", plural(e.Cores, "core"))
	}
	if e.Memory > 0 {
		add("%s", stats.FormatBytes(e.Memory))
	}
	if e.Kernel != "" {
		add("kernel %s", e.Kernel)
	}
	if e.Congestion != "" {
		add("system's congestion control %s", e.Congestion)
	}
	if e.Build != "" {
		add("bbbench %s", e.Build)
	}
	text := strings.Join(words, ", ")
	if named {
		text = "Machine " + clean(e.ID) + ": " + text
	}
	return text
}

// table writes the cells of a route.
func (r route) table(b *strings.Builder) {
	wrap(b, "", strings.ToUpper(r.Title[:1])+r.Title[1:])
	rivals := r.rivals()
	if len(rivals) > 3 {
		rivals = rivals[:3] // the page has them all
	}
	rows := [][]string{{"", "streams", "n", "goodput, " + r.Unit.name, "", "steady", "set-up", "CPU s/GB", "retrans"}}
	for _, rival := range rivals {
		rows[0] = append(rows[0], "× "+strings.TrimPrefix(clean(rival), "legacy-"))
	}
	for _, v := range r.Variants {
		name := v.Name
		for _, g := range v.Groups {
			rows = append(rows, r.cells(name, v, g, rivals))
			name = ""
		}
	}
	align(b, rows)
}

func (r route) cells(name string, v variant, g stats.Group, rivals []string) []string {
	streams := streamCount(g.Streams) + " "
	if v.isKnee(g) {
		streams = streamCount(g.Streams) + "*"
	}
	row := []string{name, streams, fmt.Sprint(g.Goodput.N)}
	if g.Goodput.N == 0 {
		return append(row, "no usable trial")
	}
	row = append(row, r.Unit.of(g.Goodput.Median), r.Unit.around(g.Goodput), known(g.Steady, r.Unit.of),
		known(g.Setup, seconds), known(g.CPU, digits), fmt.Sprintf("%.0f", g.Retransmits.Median))
	for _, rival := range rivals {
		words := ""
		if c, ok := r.ratio(g, rival); ok {
			words = ratioWords(c)
		}
		row = append(row, words)
	}
	return row
}

// under writes what stands below the table: conclusions, the ways of the bytes,
// stalls, and the trials that are not in it.
func (r route) under(b *strings.Builder) {
	c := r.conclusion()
	if c.Rate != "" {
		wrap(b, "  ► ", c.Rate+" "+c.With+".")
	}
	for _, l := range c.Lines {
		wrap(b, "    "+l.About+": ", l.Says)
	}
	for _, w := range r.waysOf() {
		wrap(b, "    copy paths: ", w)
	}
	for _, w := range r.stalls() {
		wrap(b, "    stalls: ", w)
	}
	for _, i := range r.incidents() {
		wrap(b, "  ! "+i.Kind+": ", i.words())
	}
	for _, w := range r.remarks() {
		wrap(b, "  ! ", w)
	}
}

// waysOf names the variants whose bytes went the same ways together.
func (r route) waysOf() []string {
	var order []string
	who := map[string][]string{}
	for _, v := range r.Variants {
		g, ok := v.chosen()
		if !ok {
			continue
		}
		if w := ways(medianTrial(g)); w != "" {
			if who[w] == nil {
				order = append(order, w)
			}
			who[w] = append(who[w], v.Name)
		}
	}
	for i, w := range order {
		order[i] = list(who[w]) + ": " + w
	}
	return order
}

// stalls gives the figures of peers that wait by themselves without the waits.
func (r route) stalls() []string {
	var words []string
	for _, v := range r.Variants {
		for _, g := range v.Groups {
			if g.Stalled > 0 {
				words = append(words, fmt.Sprintf("%s, %s: %d of %s waited %s for a start signal that was lost; without the waits %s %s",
					v.Name, streams(g.Streams), g.Stalled, plural(g.Goodput.N, "trial"), longestStall(g),
					r.Unit.with(g.NoStall.Median), r.Unit.around(g.NoStall)))
			}
		}
	}
	return words
}

func longestStall(g stats.Group) string {
	longest := 0.0
	for _, t := range g.Records {
		longest = max(longest, t.Stall)
	}
	return "up to " + seconds(longest)
}
