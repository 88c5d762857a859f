package report

import (
	"fmt"
	"math"
	"slices"

	"bbftp/bench/report/chart"
	"bbftp/bench/stats"
	"bbftp/bench/trial"
)

// How many courses a page shows and how finely: what an eye can take in, and
// what keeps a page small.
const (
	coursesOfRoute = 4
	coursesOfSheet = 24
	coursePoints   = 90
	courseHeight   = 180
)

// courses are rate and congestion windows over time, a picture for each of the
// cells of interest.
func (s *sheet) courses() []chart.Picture {
	var all []chart.Picture
	for i, r := range s.Routes {
		for k, at := range r.interesting() {
			if len(all) == coursesOfSheet {
				return all
			}
			t := medianTrial(at.group)
			about := chart.About{
				ID:    fmt.Sprintf("course-%d-%d", i, k),
				Title: fmt.Sprintf("%s, %s: %s", at.variant.Name, streams(at.group.Streams), r.Title),
			}
			whole := []chart.Picture{r.rateCourse(about, at.variant, t)}
			if len(t.Series) > 0 {
				whole = append(whole, windowCourse(about, at.variant, t))
			}
			all = append(all, chart.Above(whole...))
		}
	}
	return all
}

type place struct {
	variant variant
	group   stats.Group
}

// interesting are the cells of which a course is shown: ours with the fewest
// streams and at the knee, and the others where they are best.
func (r route) interesting() []place {
	hero, ok := r.hero()
	if !ok {
		return nil
	}
	var all []place
	add := func(v variant, g stats.Group) {
		known := slices.ContainsFunc(all, func(p place) bool { return p.group.Cell == g.Cell })
		if g.Goodput.N > 0 && !known && len(all) < coursesOfRoute && observed(medianTrial(g)) {
			all = append(all, place{v, g})
		}
	}
	add(hero, hero.Groups[0])
	for _, v := range append([]variant{hero}, r.Variants...) {
		g, _ := v.chosen()
		add(v, g)
	}
	return all
}

// observed reports whether most of the payload was seen on its way. A course of
// the rest would look like a measurement of another rate.
func observed(t trial.Record) bool {
	p := t.Progress
	return len(p.Time) > 2 && len(p.Bytes) == len(p.Time) && p.Bytes[len(p.Bytes)-1]-p.Bytes[0] > t.Bytes/2
}

func (r route) rateCourse(about chart.About, v variant, t trial.Record) chart.Picture {
	p := timePlot(about, t)
	if len(t.Series) > 0 { // the picture below has the same axis
		p.X.Label = ""
	}
	p.Y = chart.Axis{Label: "rate, " + r.Unit.name, Format: r.Unit.tick}
	points := chart.Rates(t.Progress.Time, t.Progress.Bytes, t.Seconds/coursePoints)
	for i := range points {
		points[i].Y *= 8 * payloadShare(t)
		p.Y.High = max(p.Y.High, points[i].Y)
	}
	if !math.IsInf(r.Limit, 0) {
		p.Y.High = max(p.Y.High, r.Limit)
		p.Lines = append(p.Lines, flat("link", r.Limit, p.X))
	}
	p.Lines = append(p.Lines, chart.Line{Color: v.Color, Points: chart.Thin(points, coursePoints)})
	p.Y.High *= 1.1
	p.Y.Ticks = chart.Ticks(0, p.Y.High, 5)
	p.Lines[len(p.Lines)-1].Kind = chart.Course
	p.Desc = fmt.Sprintf("The rate at which the file arrived in the median trial of %s: set-up %s, ramp %s, at speed %s, tail %s.",
		streams(t.Streams), seconds(t.Setup), seconds(t.Ramp), seconds(t.Flat), seconds(t.Tail))
	return p.Draw()
}

// payloadShare is the payload in a byte of the course: a link counts headers and
// repeats too, and compressed blocks.
func payloadShare(t trial.Record) float64 {
	seen := t.Progress.Bytes[len(t.Progress.Bytes)-1] - t.Progress.Bytes[0]
	if seen > t.Bytes || t.Compressed {
		return float64(t.Bytes) / float64(seen)
	}
	return 1
}

func windowCourse(about chart.About, v variant, t trial.Record) chart.Picture {
	p := timePlot(about, t)
	most := 0.0
	for _, s := range t.Series {
		for _, w := range s.Cwnd {
			most = max(most, float64(w))
		}
	}
	// The kernel's window counts payload, the path's rate packets.
	share := float64(t.BDP()) * stats.MSS / stats.MTU / float64(usedStreams(t))
	if share > 0 && share < 8*most {
		most = max(most, share)
	}
	size, name := byteUnit(most)
	p.Y = chart.Axis{Label: "congestion window of each stream, " + name, Format: short, High: most * 1.1 / size}
	p.Y.Ticks = chart.Ticks(0, p.Y.High, 5)
	if share > 0 && share <= most {
		words := "BDP"
		if n := usedStreams(t); n > 1 {
			words = fmt.Sprintf("BDP ÷ %d", n)
		}
		p.Lines = append(p.Lines, flat(words, share/size, p.X))
	}
	for _, s := range t.Series {
		var points []chart.Point
		for i := range min(len(s.Time), len(s.Cwnd)) {
			points = append(points, chart.Point{X: s.Time[i], Y: float64(s.Cwnd[i]) / size})
		}
		p.Lines = append(p.Lines, chart.Line{Kind: chart.Course, Color: v.Color, Points: chart.Thin(points, coursePoints)})
	}
	p.Desc = fmt.Sprintf("The congestion windows of %s; the largest was %s %s.", plural(len(t.Series), "stream"), digits(most/size), name)
	return p.Draw()
}

// timePlot is a plot over the time of a trial.
func timePlot(about chart.About, t trial.Record) chart.Plot {
	return chart.Plot{
		About: about,
		Width: chartWidth, Height: courseHeight, Left: 42, Right: 66,
		X: chart.Axis{Label: "seconds since the start", High: t.Seconds, Ticks: chart.Ticks(0, t.Seconds, 8), Format: short},
	}
}

func flat(name string, y float64, x chart.Axis) chart.Line {
	return chart.Line{Name: name, Kind: chart.Model, Points: []chart.Point{{X: x.Low, Y: y}, {X: x.High, Y: y}}}
}

func byteUnit(most float64) (size float64, name string) {
	switch {
	case most >= 1<<30:
		return 1 << 30, "GiB"
	case most >= 1<<20:
		return 1 << 20, "MiB"
	}
	return 1 << 10, "KiB"
}
