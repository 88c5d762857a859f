package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"bbftp/bench/report/chart"
	"bbftp/bench/stats"
)

// The size of a chart: three fit beside each other on a desk, and one on a
// phone with its text still readable.
const (
	chartWidth  = 420
	chartHeight = 290
)

// goodputs are goodput against streams, a plot for each route.
func (s *sheet) goodputs() []chart.Picture {
	var all []chart.Picture
	for i, r := range s.Routes {
		if p := r.goodput(fmt.Sprintf("goodput-%d", i)); len(p.Lines) > 0 {
			all = append(all, p.Draw())
		}
	}
	return all
}

func (r route) goodput(id string) chart.Plot {
	p := chart.Plot{
		About: chart.About{ID: id, Title: r.Title},
		Width: chartWidth, Height: chartHeight,
		X: chart.Axis{Label: "data streams", Log: true, Low: math.Inf(1), Format: short},
		Y: chart.Axis{Label: "goodput, " + r.Unit.name, Format: r.Unit.tick},
	}
	var told []string
	for _, v := range r.Variants {
		line := chart.Line{Name: v.Name, Color: v.Color, Dash: v.Dash}
		var words []string
		missing := false
		for _, g := range v.Groups {
			if g.Streams == 0 {
				continue // of its choice: it has no place on the axis
			}
			x := float64(g.Streams)
			p.X.Low, p.X.High = min(p.X.Low, x), max(p.X.High, x)
			p.X.Ticks = append(p.X.Ticks, x)
			if g.Goodput.N == 0 {
				missing = true
				words = append(words, fmt.Sprintf("%d: none", g.Streams))
				continue
			}
			p.Y.High = max(p.Y.High, g.Goodput.Median)
			if bounded(g.Goodput) {
				p.Y.High = max(p.Y.High, g.Goodput.High)
			}
			line.Points = append(line.Points, chart.Point{
				X: x, Y: g.Goodput.Median, Low: g.Goodput.Low, High: g.Goodput.High,
				Ring: v.isKnee(g), Hollow: !bounded(g.Goodput) || tooSmall(g), Gap: missing,
				Tip: r.tip(v, g),
			})
			missing = false
			words = append(words, fmt.Sprintf("%d: %s", g.Streams, r.Unit.of(g.Goodput.Median)))
		}
		if len(line.Points) > 0 {
			p.Lines = append(p.Lines, line)
			told = append(told, v.Name+" by streams "+strings.Join(words, ", "))
		}
	}
	slices.Sort(p.X.Ticks)
	p.X.Ticks = slices.Compact(p.X.Ticks)
	if !math.IsInf(r.Limit, 0) {
		p.Y.High = max(p.Y.High, r.Limit)
	}
	p.Y.High *= 1.15
	p.Y.Ticks = chart.Ticks(0, p.Y.High, 7)
	if len(p.Lines) == 0 {
		return p
	}
	p.Lines = append(p.Lines, r.models(p.X.Low, p.X.High)...)
	p.Desc = "Median goodput in " + r.Unit.name + ". " + strings.Join(told, "; ") + ". The table of all cells has the same figures."
	return p
}

// tip is what a point says when pointed at.
func (r route) tip(v variant, g stats.Group) string {
	words := fmt.Sprintf("%s, %s: %s %s, %s", v.Name, streams(g.Streams),
		r.Unit.with(g.Goodput.Median), r.Unit.around(g.Goodput), plural(g.Goodput.N, "trial"))
	if v.isKnee(g) {
		words += ", the knee"
	}
	return words
}

// models are the courses that theory has for the route, between the numbers of
// streams that were measured.
func (r route) models(low, high float64) []chart.Line {
	var lines []chart.Line
	if !math.IsInf(r.Limit, 0) {
		lines = append(lines, course("link", low, high, func(float64) float64 { return r.Limit }))
	}
	for _, w := range r.windows() {
		lines = append(lines, course(stats.FormatBytes(w)+" window", low, high, func(n float64) float64 {
			// The models count whole streams; they are proportional to them.
			return min(n*stats.WindowLimit(1, w, r.rtt()), r.Limit)
		}))
	}
	if r.Loss > 0 {
		lines = append(lines, course("Mathis", low, high, func(n float64) float64 {
			return min(n*stats.Mathis(1, stats.MSS, r.rtt(), r.Loss), r.Limit)
		}))
	}
	return slices.DeleteFunc(lines, func(l chart.Line) bool { return len(l.Points) == 0 })
}

func (r route) rtt() time.Duration { return time.Duration(r.RTT * float64(time.Second)) }

// windows are the fixed ones of the route's cells.
func (r route) windows() []int64 {
	var all []int64
	for _, v := range r.Variants {
		for _, g := range v.Groups {
			if w := stats.Window(g.Cell); w > 0 && !slices.Contains(all, w) && g.Goodput.N > 0 {
				all = append(all, w)
			}
		}
	}
	slices.Sort(all)
	return all
}

// course samples a model finely enough for a logarithmic axis.
func course(name string, low, high float64, model func(float64) float64) chart.Line {
	l := chart.Line{Name: name, Kind: chart.Model}
	const steps = 48
	for i := range steps + 1 {
		x := low * math.Pow(high/low, float64(i)/steps)
		if y := model(x); !math.IsInf(y, 0) && !math.IsNaN(y) {
			l.Points = append(l.Points, chart.Point{X: x, Y: y})
		}
	}
	return l
}
