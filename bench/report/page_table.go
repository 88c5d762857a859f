package report

import (
	"fmt"
	"math"
	"strings"

	"bbftp/bench/stats"
)

type pageTable struct {
	Title  string
	Unit   string
	Rivals []string
	Rows   []pageRow
	Below  []line
}

type pageRow struct {
	First              bool // of its variant
	Knee               bool
	Color              int
	Name               string
	Streams            string
	N                  int
	Goodput, Around    string
	Run                string // how much, in how long
	Steady, Setup, CPU string
	Retransmits, Limit string
	Ratios             []string
	Unused             string
}

// pageTable has all cells of a route.
func (r route) pageTable() pageTable {
	t := pageTable{Title: r.Title, Unit: r.Unit.name, Rivals: r.rivals()}
	for _, v := range r.Variants {
		for i, g := range v.Groups {
			t.Rows = append(t.Rows, r.pageRow(v, g, i == 0, t.Rivals))
		}
	}
	if words := r.shortRuns(); words != "" {
		t.Below = append(t.Below, line{"Short runs", words})
	}
	if words := r.settings(); words != "" {
		t.Below = append(t.Below, line{"Hosts of the path", words})
	}
	for _, words := range r.waysOf() {
		t.Below = append(t.Below, line{"Copy paths", words})
	}
	for _, words := range r.stalls() {
		t.Below = append(t.Below, line{"Stalls", words})
	}
	return t
}

// settings are those of the hosts of an emulated path; its trials are alike.
func (r route) settings() string {
	for _, v := range r.Variants {
		for _, g := range v.Groups {
			for _, t := range g.Records {
				if len(t.Settings) > 0 {
					return strings.Join(pairs(t.Settings), "; ")
				}
			}
		}
	}
	return ""
}

func (r route) pageRow(v variant, g stats.Group, first bool, rivals []string) pageRow {
	row := pageRow{
		First: first, Knee: v.isKnee(g), Color: v.Color,
		Name: v.Name, Streams: streamCount(g.Streams), N: g.Goodput.N,
	}
	if g.Goodput.N == 0 {
		row.Unused = "no usable trial"
		return row
	}
	row.Goodput, row.Around = r.Unit.of(g.Goodput.Median), r.Unit.around(g.Goodput)
	row.Run = run(g)
	row.Steady, row.Setup = known(g.Steady, r.Unit.of), known(g.Setup, seconds)
	row.CPU, row.Retransmits = known(g.CPU, digits), fmt.Sprintf("%.0f", g.Retransmits.Median)
	row.Limit = stats.Explain(g).Limit
	for _, rival := range rivals {
		words := ""
		if c, ok := r.ratio(g, rival); ok {
			words = ratioWords(c)
			if !math.IsInf(c.High, 1) {
				words += fmt.Sprintf(" (%s–%s)", ratioDigits(c.Low), ratioDigits(c.High))
			}
		}
		row.Ratios = append(row.Ratios, words)
	}
	return row
}

// known writes a median, or a dash where no trial has the figure.
func known(s stats.Summary, words func(float64) string) string {
	if s.N == 0 {
		return "–"
	}
	return words(s.Median)
}
