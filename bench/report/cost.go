package report

import (
	"fmt"
	"math"

	"bbftp/bench/report/chart"
	"bbftp/bench/stats"
	"bbftp/bench/trial"
)

// cpu is the CPU time of each variant, where it is best, in all routes.
func (s *sheet) cpu() []chart.Picture {
	var all []chart.Picture
	for i, r := range s.Routes {
		b := chart.Bars{
			About: chart.About{
				ID: fmt.Sprintf("cpu-%d", i), Title: r.Title,
				Desc: "CPU seconds of client and server for each 10^9 bytes; the table of all cells has the sums.",
			},
			Width: chartWidth, Label: "CPU seconds per GB", Format: short,
			Legend: []chart.Part{{Class: "solid", Name: "client"}, {Class: "light", Name: "server"}},
		}
		for _, v := range r.Variants {
			if g, ok := v.chosen(); ok {
				b.Rows = append(b.Rows, cpuBar(v, g))
			}
		}
		if len(b.Rows) > 0 {
			all = append(all, b.Draw())
		}
	}
	return all
}

func cpuBar(v variant, g stats.Group) chart.Bar {
	perGB := func(cpu func(trial.Record) float64) float64 {
		var samples []float64
		for _, t := range g.Records {
			if t.Bytes > 0 {
				samples = append(samples, cpu(t)/(float64(t.Bytes)/1e9))
			}
		}
		return stats.Summarize(samples).Median
	}
	client := perGB(func(t trial.Record) float64 { return t.ClientCPU })
	server := perGB(func(t trial.Record) float64 { return t.ServerCPU })
	return chart.Bar{
		Label: v.Name + " × " + streamCount(g.Streams), Color: v.Color,
		Words: digits(g.CPU.Median),
		Parts: []chart.Part{
			{Class: "solid", Value: client, Tip: "client " + digits(client) + " s/GB"},
			{Class: "light", Value: server, Tip: "server " + digits(server) + " s/GB"},
		},
	}
}

// phases is how the time of the median trials of some cells was spent, in shares:
// trials of one stream may take ten times as long as those of many.
func (s *sheet) phases() []chart.Picture {
	var all []chart.Picture
	for i, r := range s.Routes {
		b := chart.Bars{
			About: chart.About{
				ID: fmt.Sprintf("phases-%d", i), Title: r.Title,
				Desc: "Shares of set-up, stall, ramp, steady rate and tail in the time of each cell's median trial.",
			},
			Width: chartWidth, Label: "share of the time; at the end: the whole", Full: 1, Format: percent,
		}
		stalled := false
		for _, v := range r.Variants {
			for k, g := range v.telling() {
				t := medianTrial(g)
				stalled = stalled || t.Stall > 0
				b.Rows = append(b.Rows, phaseBar(v, t, k == 0))
			}
		}
		for _, p := range phaseParts {
			if p.Class != "p4" || stalled {
				b.Legend = append(b.Legend, p)
			}
		}
		if len(b.Rows) > 0 {
			all = append(all, b.Draw())
		}
	}
	return all
}

// telling are the cells with the fewest streams, the knee or the best, and the
// most.
func (v variant) telling() []stats.Group {
	best, _ := v.chosen()
	var all []stats.Group
	for i, g := range v.Groups {
		if g.Goodput.N > 0 && (i == 0 || i == len(v.Groups)-1 || g.Cell == best.Cell) {
			all = append(all, g)
		}
	}
	return all
}

// phaseParts are the parts of a trial in the order of a bar.
var phaseParts = []chart.Part{
	{Class: "p0", Name: "set-up"},
	{Class: "p4", Name: "stall"},
	{Class: "p1", Name: "ramp"},
	{Class: "p2", Name: "at speed"},
	{Class: "p3", Name: "tail"},
}

func phaseBar(v variant, t trial.Record, first bool) chart.Bar {
	bar := chart.Bar{Label: v.Name + " × " + streamCount(t.Streams), Words: seconds(t.Seconds), Gap: first}
	whole := math.Max(t.Seconds, 1e-9)
	for i, s := range []float64{t.Setup - t.Stall, t.Stall, t.Ramp, t.Flat, t.Tail} {
		part := phaseParts[i]
		part.Value, part.Tip = s/whole, part.Name+" "+seconds(s)
		bar.Parts = append(bar.Parts, part)
	}
	return bar
}
