package report

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"bbftp/bench/stats"
	"bbftp/bench/trial"
)

// incident is why trials of a cell are not used.
type incident struct {
	Route, Variant string
	Streams        int
	Count, Of      int
	Reason         string // of several the worst
	Kind           string // "failed" or "unfaithful"
	Alike          bool   // others have other reasons, or other figures
}

// incidents has what kept trials from being used: of the failures of a cell
// each reason once, those that differ in their figures only being one; of its
// unfaithful paths, which all mean that the machine was too busy, one in all.
func (r route) incidents() []incident {
	var all []incident
	for _, v := range r.Variants {
		for _, g := range v.Groups {
			cell := incident{
				Route: r.Title, Variant: v.Name, Streams: g.Streams,
				Of: len(g.Records) + len(g.Failed) + len(g.Unfaithful),
			}
			all = append(all, cell.failed(g.Failed)...)
			if len(g.Unfaithful) > 0 {
				all = append(all, cell.unfaithful(g.Unfaithful))
			}
		}
	}
	return all
}

func (cell incident) failed(records []trial.Record) []incident {
	var all []incident
	at := map[string]int{} // by reason without its figures
	for _, t := range records {
		reason := clean(t.Error)
		key := figures.ReplaceAllString(reason, "#")
		i, known := at[key]
		if !known {
			i = len(all)
			at[key] = i
			cell.Kind, cell.Reason = "failed", reason
			all = append(all, cell)
		}
		all[i].Count++
		all[i].Alike = all[i].Alike || all[i].Reason != reason
	}
	return all
}

// unfaithful takes of all reasons the one that is farthest beyond what it may
// be. Its times are written for people: the emulator's have nanoseconds.
func (cell incident) unfaithful(records []trial.Record) incident {
	cell.Kind, cell.Count = "unfaithful", len(records)
	worst, reasons := -1.0, 0
	for _, t := range records {
		for _, reason := range strings.Split(clean(t.Unfaithful), "; ") {
			reasons++
			if e := excess(reason); e > worst {
				worst, cell.Reason = e, reason
			}
		}
	}
	cell.Alike = reasons > 1
	cell.Reason = durations.ReplaceAllStringFunc(cell.Reason, func(s string) string {
		d, err := time.ParseDuration(s)
		if err != nil {
			return s
		}
		if d >= 100*time.Microsecond && d < time.Millisecond { // 0.59 ms beside 1.5 ms
			return fmt.Sprintf("%.2f ms", d.Seconds()*1e3)
		}
		return stats.FormatTime(d)
	})
	return cell
}

// excess is how many times the first time that a reason names is as long as its
// last, the allowed one. Reasons without any time come first: what they count
// must not happen at all. One time alone only explains.
func excess(reason string) float64 {
	named := durations.FindAllString(reason, -1)
	switch len(named) {
	case 0:
		return math.Inf(1)
	case 1:
		return 0
	}
	measured, err := time.ParseDuration(named[0])
	allowed, err2 := time.ParseDuration(named[len(named)-1])
	if err != nil || err2 != nil || allowed <= 0 {
		return 0
	}
	return measured.Seconds() / allowed.Seconds()
}

var (
	figures   = regexp.MustCompile(`[0-9]+(\.[0-9]+)?(µs|ms|s)?`)
	durations = regexp.MustCompile(`\b([0-9]+(\.[0-9]+)?(h|m|s|ms|µs|ns))+\b`)
)

func (i incident) words() string {
	return fmt.Sprintf("%s, %s, %d of %s: %s", i.Variant, streams(i.Streams), i.Count, plural(i.Of, "trial"), i.Why())
}

// Why is the reason, or one of several.
func (i incident) Why() string {
	switch {
	case i.Alike && i.Kind == "unfaithful":
		return "at worst " + i.Reason
	case i.Alike:
		return "such as " + i.Reason
	}
	return i.Reason
}
