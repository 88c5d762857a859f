package bars

import (
	"fmt"
	"io"
	"math"
	"strings"

	"bbftp/bench/stats"
	"bbftp/bench/trial"
)

// Markdown writes all bars as a table, and what the programs themselves say
// limited them.
func Markdown(w io.Writer, f *trial.File) error {
	f, others := latest(f)
	groups := stats.GroupByCell(f.Records)
	var rows strings.Builder
	counts := map[string]int{}
	row(&rows, "what", "medians", "figure (95 %)", "bar", "", "n")
	row(&rows, "---", "---", "---", "---", "---", "---")
	for _, b := range list() {
		r := b.hold(groups)
		verdict := r.verdict()
		word, _, _ := strings.Cut(verdict, ",")
		counts[word]++
		if strings.HasSuffix(verdict, few) {
			counts[few]++
		}
		row(&rows, r.words(), r.sides(), r.value(), r.limit(), strings.Replace(verdict, word, "**"+word+"**", 1), r.trials())
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Bars\n\n%d met, %d missed, %d not measured", counts[met], counts[missed], counts[notMeasured])
	if n := counts[few]; n > 0 {
		fmt.Fprintf(&b, "; %d of them%s", n, strings.TrimPrefix(few, ","))
	}
	b.WriteString(".\n\n")
	head(&b, f, others)
	b.WriteString("\nA figure is made of medians; its interval is that of a bootstrap, and left out where a median is of fewer than five trials. n is how many the medians are of. ")
	b.WriteString("Times are those of the whole client process, log-in and all; CPU is that of both processes or all of them, the server's from when it was ready.\n\n")
	b.WriteString(rows.String())
	limits(&b, groups)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r result) words() string {
	if r.note == "" {
		return r.about
	}
	return r.about + "; " + r.note
}

// sides are the medians that the figure was made of.
func (r result) sides() string {
	var words []string
	for i, s := range r.sets {
		if s.name == "" {
			continue
		}
		if math.IsNaN(r.medians[i]) || r.groups[i].Records == nil {
			words = append(words, s.name+": –")
			continue
		}
		text := s.name + sizeWords(r, i) + ": " + r.unitOf(i).of(r.medians[i])
		if used := streamsUsed(r.groups[i]); used != "" {
			text += " " + used
		}
		if all := len(r.groups[i].Records); r.groups[i].Stalled > 0 {
			text += fmt.Sprintf(" (%d of %d with lost start signals", r.groups[i].Stalled, all)
			if r.counts[i] < all {
				text += ", left out"
			}
			text += ")"
		}
		words = append(words, text)
	}
	return strings.Join(words, "; ")
}

// unitOf is the unit of a set's median: a marginal rate is made of seconds.
func (r result) unitOf(i int) unit {
	if len(r.sets) > 2 && i > 0 {
		return inSeconds
	}
	return r.unit
}

func sizeWords(r result, i int) string {
	if len(r.sets) > 2 && i > 0 {
		return " of " + stats.FormatBytes(r.groups[i].Bytes)
	}
	return ""
}

// streamsUsed says over how many streams a cell ran, where its name does not.
func streamsUsed(g stats.Group) string {
	n := g.Streams
	if n == 0 {
		n = chosenStreams(g)
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("× %d", n)
}

// chosenStreams is what a client took that chose itself, in most trials.
func chosenStreams(g stats.Group) int {
	counts := map[int]int{}
	most := 0
	for _, t := range g.Records {
		counts[t.StreamsUsed]++
	}
	for n, times := range counts {
		if times > counts[most] || times == counts[most] && n > most {
			most = n
		}
	}
	return most
}

func (r result) value() string {
	if !r.estimate.Made() {
		return "–"
	}
	text := digits(r.estimate.Value) + interval(r.estimate.Low, r.estimate.High)
	if r.ratio {
		return text + " ×"
	}
	return text
}

func (r result) limit() string {
	sign := "≥ "
	if r.most {
		sign = "≤ "
	}
	return sign + fmt.Sprint(r.bound)
}

// trials are the numbers of those used.
func (r result) trials() string {
	var words []string
	for i, s := range r.sets {
		if s.name != "" || len(r.sets) == 1 {
			words = append(words, fmt.Sprint(r.counts[i]))
		}
	}
	return strings.Join(words, ", ")
}

// limits are the programs' own verdicts, of the trial nearest to the median.
func limits(b *strings.Builder, groups []stats.Group) {
	headed := false
	for _, g := range groups {
		t, found := typical(g)
		if !found || t.ClientVerdict == nil && t.ServerVerdict == nil {
			continue
		}
		if !headed {
			headed = true
			b.WriteString("\n## What limited them, as the programs themselves say\n\nOf each cell the trial nearest to the median.\n\n")
			row(b, "cell", "streams", "Gbit/s", "client", "server")
			row(b, "---", "---", "---", "---", "---")
		}
		row(b, program(g.Cell)+", "+work(g.Cell), strings.TrimPrefix(streamsUsed(g), "× "), digits(t.Goodput/1e9), verdictWords(t.ClientVerdict), verdictWords(t.ServerVerdict))
	}
}

func verdictWords(v *trial.Verdict) string {
	if v == nil {
		return ""
	}
	text := fmt.Sprintf("%s, %.0f %%", clean(v.Limit), 100*v.Share)
	if v.Advice != "" {
		text += ": " + clean(v.Advice)
	}
	return text
}

// typical is the trial whose goodput is nearest to the median.
func typical(g stats.Group) (nearest trial.Record, found bool) {
	for _, t := range g.Records {
		if !found || math.Abs(t.Goodput-g.Goodput.Median) < math.Abs(nearest.Goodput-g.Goodput.Median) {
			nearest, found = t, true
		}
	}
	return nearest, found
}
