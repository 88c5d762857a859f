package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"bbftp/bench/stats"
	"bbftp/bench/trial"
)

// conclusion is what the trials of a route say, in sentences.
type conclusion struct {
	Title string
	Rate  string // the headline's figure; "": nothing usable
	With  string // who reached it, and how
	Limit string // what limits there
	Lines []line
}

// line is a sentence with what it is about.
type line struct{ About, Says string }

func (r route) conclusion() conclusion {
	c := conclusion{Title: r.Title}
	v, ok := r.hero()
	if !ok {
		c.Lines = append(c.Lines, line{"no result", "no trial of this path can be used; the reasons are listed below."})
		return c
	}
	g, _ := v.chosen()
	c.Rate = r.Unit.with(g.Goodput.Median)
	c.With = r.with(v, g)
	verdict := stats.Explain(g)
	c.Limit = verdict.Limit
	c.add("what limits", verdict.Sentence)
	c.add("what to set", verdict.Advice)
	if v.Knee > 0 {
		c.add("knee", v.kneeWords())
	}
	c.add("more streams", r.slower(v, g, verdict))
	if first := v.Groups[0]; first.Goodput.N > 0 && first.Streams < g.Streams {
		why := stats.Explain(first)
		if why.Limit != verdict.Limit {
			c.add("with "+streams(first.Streams), r.Unit.with(first.Goodput.Median)+". "+why.Sentence)
		}
	}
	c.add("short runs", r.shortRuns())
	for _, p := range r.Pairs {
		if p.Best {
			c.add("against "+clean(p.Theirs.Peer), r.against(p))
		}
	}
	return c
}

func (c *conclusion) add(about, says string) {
	if says = strings.TrimSpace(says); says != "" {
		c.Lines = append(c.Lines, line{about, says})
	}
}

// with words who reached the headline's figure.
func (r route) with(v variant, g stats.Group) string {
	words := "with " + v.Name + " over " + streams(g.Streams)
	switch around := r.Unit.around(g.Goodput); {
	case g.Goodput.N == 1:
		words = "in a single trial, " + words
	case around != "":
		words = around + " " + words
	}
	if !math.IsInf(r.Limit, 0) {
		words += ", " + percent(g.Goodput.Median/r.Limit) + " of what the link can carry"
	}
	return words
}

// kneeWords says how many streams are enough, and warns where the measured
// numbers end there.
func (v variant) kneeWords() string {
	least, most, unknown := 0, 0, []string(nil)
	for _, g := range v.Groups {
		if g.Goodput.N == 0 {
			unknown = append(unknown, strconv.Itoa(g.Streams))
			continue
		}
		if tooSmall(g) {
			continue
		}
		if most = g.Streams; least == 0 {
			least = most
		}
	}
	words := fmt.Sprintf("%d streams are the fewest within 5 %% of the best.", v.Knee)
	switch v.Knee {
	case least:
		words = fmt.Sprintf("%s is enough: more bring less than 5 %%.", plural(least, "stream"))
	case most:
		words = fmt.Sprintf("%d streams are the most that were measured, and the best by more than 5 %%: more may be faster still.", most)
	}
	if len(unknown) > 0 {
		words += " No usable trial over " + list(unknown) + "."
	}
	return words
}

// slower names the cells that have more streams than the best one and are
// slower by more than chance and the knee's 5 %, with the cause where it is
// another.
func (r route) slower(v variant, best stats.Group, verdict stats.Verdict) string {
	var words []string
	var worst stats.Group
	for _, g := range v.Groups {
		if g.Streams <= best.Streams || g.Goodput.N == 0 || tooSmall(g) {
			continue
		}
		if c := stats.CompareCells(g, best); c.Different && c.Ratio < slowerThan {
			words = append(words, fmt.Sprintf("%d reach %s, %s", g.Streams, r.Unit.with(g.NoStall.Median), c.Verdict))
			if worst.Streams == 0 || g.NoStall.Median < worst.NoStall.Median {
				worst = g
			}
		}
	}
	if len(words) == 0 {
		return ""
	}
	says := "Slower: " + strings.Join(words, "; ") + "."
	if why := stats.Explain(worst); why.Limit != verdict.Limit {
		says += " With " + fmt.Sprint(worst.Streams) + ": " + lowerFirst(why.Sentence)
	}
	return says
}

// slowerThan is the ratio below which more streams are told to be slower.
const slowerThan = 0.95

// lowerFirst is a sentence as the second half of one.
func lowerFirst(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(first)) + s[size:]
}

// against words a comparison, each at its best.
func (r route) against(p stats.Pair) string {
	words := fmt.Sprintf("%s over %s to %s over %s: %s.",
		r.Unit.of(p.Ours.Goodput.Median), streams(p.Ours.Streams),
		r.Unit.with(p.Theirs.Goodput.Median), streams(p.Theirs.Streams), p.Goodput.Verdict)
	if p.Theirs.Stalled > 0 || p.Ours.Stalled > 0 {
		words += fmt.Sprintf(" Without its own start-up stalls: %s.", p.NoStall.Verdict)
	}
	if p.Ours.Steady.N > 0 && p.Theirs.Steady.N > 0 {
		words += fmt.Sprintf(" At speed, without start and end: %s to %s.", r.Unit.of(p.Ours.Steady.Median), r.Unit.with(p.Theirs.Steady.Median))
	}
	return words
}

// ratio is the like-for-like comparison of a cell of ours with a peer: of
// several versions of it the same, else the first.
func (r route) ratio(g stats.Group, theirs string) (stats.Comparison, bool) {
	var found stats.Comparison
	ok := false
	for _, p := range r.Pairs {
		if p.Best || p.Ours.Cell != g.Cell || p.Theirs.Peer != theirs || math.IsNaN(p.Goodput.Ratio) {
			continue
		}
		if !ok || p.Theirs.Version == g.Version {
			found, ok = p.Goodput, true
		}
	}
	return found, ok
}

// rivals are the peers that ours is compared with like for like, by colour.
func (r route) rivals() []string {
	var names []string
	for _, v := range r.Variants {
		if v.Peer == ours || len(names) > 0 && names[len(names)-1] == v.Peer {
			continue
		}
		for _, p := range r.Pairs {
			if !p.Best && p.Theirs.Peer == v.Peer && !math.IsNaN(p.Goodput.Ratio) {
				names = append(names, v.Peer)
				break
			}
		}
	}
	return names
}

// ratioWords marks with ≈ what may be chance.
func ratioWords(c stats.Comparison) string {
	words := ratioDigits(c.Ratio)
	if !c.Different {
		return "≈" + words
	}
	return words
}

// ratioDigits has no more than two decimals: a part in a thousand is no news.
func ratioDigits(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	return strconv.FormatFloat(v, 'f', min(decimals(v), 2), 64)
}

// remarks are the warnings of the trials that count, each once.
func (r route) remarks() []string {
	var words []string
	seen := map[string]bool{}
	for _, v := range r.Variants {
		for _, g := range v.Groups {
			for _, t := range g.Records {
				for _, w := range t.Warnings {
					if w = clean(w); !seen[w] {
						seen[w] = true
						words = append(words, v.Name+", "+streams(g.Streams)+": "+w)
					}
				}
			}
		}
	}
	return words
}

// ways words how the payload travelled at both ends of a trial, "" if unknown.
func ways(r trial.Record) string {
	sender := shares(r.Bytes, []way{
		{"sendfile", r.SenderSendfile}, {"copied", r.SenderCopied}, {"zlib", r.SenderDeflated}, {"stored blocks", r.SenderStored},
	})
	receiver := shares(r.Bytes, []way{{"splice", r.ReceiverSplice}, {"copied", r.ReceiverCopied}})
	if sender == "" && receiver == "" {
		return ""
	}
	if sender == "" {
		sender = "?"
	}
	if receiver == "" {
		receiver = "?"
	}
	return sender + " → " + receiver
}

type way struct {
	name  string
	bytes int64
}

func shares(total int64, ways []way) string {
	var words []string
	for _, w := range ways {
		if w.bytes > 0 && total > 0 {
			words = append(words, w.name+" "+percent(float64(w.bytes)/float64(total)))
		}
	}
	return strings.Join(words, ", ")
}
