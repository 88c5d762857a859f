package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"bbftp/bench/report/chart"
	"bbftp/bench/stats"
)

// heatmaps are streams against RTT, a map for each variant and each family of
// routes that differ in nothing but the RTT.
func (s *sheet) heatmaps() []chart.Picture {
	var all []chart.Picture
	for _, family := range s.families() {
		for _, name := range variantNames(family) {
			all = append(all, heatmap(fmt.Sprintf("heat-%d", len(all)), name, family))
		}
	}
	return all
}

// families are the routes of two or more RTTs, in order of RTT.
func (s *sheet) families() [][]route {
	var families [][]route
	for _, r := range s.Routes {
		i := slices.IndexFunc(families, func(f []route) bool { return akin(f[0], r) })
		if i < 0 {
			families = append(families, nil)
			i = len(families) - 1
		}
		families[i] = append(families[i], r)
	}
	families = slices.DeleteFunc(families, func(f []route) bool { return len(f) < 2 })
	for _, f := range families {
		slices.SortStableFunc(f, func(a, b route) int { return cmp.Compare(a.RTT, b.RTT) })
	}
	return families
}

// akin reports whether two routes of one machine differ in nothing but the RTT.
func akin(a, b route) bool {
	a.RTT, b.RTT = 0, 0
	return a.Route == b.Route && a.Machine == b.Machine
}

func variantNames(routes []route) []string {
	var names []string
	for _, r := range routes {
		for _, v := range r.Variants {
			if _, ok := v.chosen(); ok && !slices.Contains(names, v.Name) {
				names = append(names, v.Name)
			}
		}
	}
	return names
}

func heatmap(id, name string, family []route) chart.Picture {
	h := chart.Heat{Width: chartWidth, RowLabel: "RTT", ColumnLabel: "data streams"}
	var streams []int
	most := 0.0
	for _, r := range family {
		for _, v := range r.Variants {
			for _, g := range v.Groups {
				if v.Name == name {
					streams = append(streams, g.Streams)
					most = max(most, g.Goodput.Median)
				}
			}
		}
	}
	slices.Sort(streams)
	streams = slices.Compact(streams)
	for _, n := range streams {
		h.Columns = append(h.Columns, streamCount(n))
	}
	full, of := family[0].Limit, "of the link"
	if math.IsInf(full, 0) {
		full, of = most, "of the best"
	}
	for _, r := range family {
		h.Rows = append(h.Rows, seconds(r.RTT))
		row := make([]chart.HeatCell, len(streams))
		for i := range row {
			row[i] = chart.HeatCell{Share: math.NaN(), Words: "–", Tip: "not measured"}
		}
		for _, v := range r.Variants {
			for _, g := range v.Groups {
				if v.Name == name && g.Goodput.N > 0 {
					row[slices.Index(streams, g.Streams)] = r.heatCell(v, g, full, of)
				}
			}
		}
		h.Cells = append(h.Cells, row)
	}
	h.About = chart.About{
		ID:    id,
		Title: fmt.Sprintf("%s, goodput in %s: %s", name, family[0].Unit.name, family[0].Family),
		Desc:  "Median goodput of " + name + " for each RTT and number of streams; the table of all cells has the same figures.",
	}
	return h.Draw()
}

func (r route) heatCell(v variant, g stats.Group, full float64, of string) chart.HeatCell {
	share := g.Goodput.Median / full
	return chart.HeatCell{
		Share: share,
		Words: r.Unit.of(g.Goodput.Median),
		Tip:   r.tip(v, g) + ", " + percent(share) + " " + of,
		Bold:  v.isKnee(g),
	}
}
