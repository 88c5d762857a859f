package report

import (
	"math"
	"slices"

	"bbftp/bench/stats"
)

// glance is a table with a row for each path, for results that have several.
type glance struct {
	Rivals []string
	Rows   []glanceRow
}

type glanceRow struct {
	Title, Rate, Around, With, Share, Limit string
	Ratios                                  []string // best against best, by Rivals
}

func (s *sheet) glance() glance {
	var t glance
	if len(s.Routes) < 2 {
		return t
	}
	for _, r := range s.Routes {
		for _, p := range r.Pairs {
			if p.Best && !slices.Contains(t.Rivals, p.Theirs.Peer) {
				t.Rivals = append(t.Rivals, p.Theirs.Peer)
			}
		}
	}
	slices.SortStableFunc(t.Rivals, func(a, b string) int { return color(a) - color(b) })
	for _, r := range s.Routes {
		t.Rows = append(t.Rows, r.glance(t.Rivals))
	}
	return t
}

func (r route) glance(rivals []string) glanceRow {
	row := glanceRow{Title: r.Title}
	v, ok := r.hero()
	if !ok {
		return row
	}
	g, _ := v.chosen()
	row.Rate, row.Around = r.Unit.with(g.Goodput.Median), r.Unit.around(g.Goodput)
	if g.Goodput.N == 1 {
		row.Around = "single trial"
	}
	row.With = v.Name + " × " + streamCount(g.Streams)
	row.Share, row.Limit = "–", stats.Explain(g).Limit
	if !math.IsInf(r.Limit, 0) {
		row.Share = percent(g.Goodput.Median / r.Limit)
	}
	for _, rival := range rivals {
		words := ""
		for _, p := range r.Pairs {
			if p.Best && p.Theirs.Peer == rival && !math.IsNaN(p.Goodput.Ratio) {
				words = ratioWords(p.Goodput)
			}
		}
		row.Ratios = append(row.Ratios, words)
	}
	return row
}
