package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"bbftp/bench/report/chart"
	"bbftp/bench/trial"
)

// Charts are the names that SVG knows.
func Charts() []string { return []string{"goodput", "heatmap", "cwnd", "cpu", "phases"} }

// SVG writes one chart, of all paths, as a picture file that follows the
// reader's light or dark setting. It is an error if the trials have nothing
// that the chart shows.
func SVG(w io.Writer, f *trial.File, name string) error {
	s := newSheet(f)
	var pictures []chart.Picture
	var title, note string
	switch name {
	case "goodput":
		title, pictures = "Goodput against data streams", s.goodputs()
		note = "Medians and 95 % intervals over whole runs; hollow: fewer than six trials, or far shorter than asked for; ring: the fewest streams within 5 % of the best."
	case "heatmap":
		title, pictures = "Goodput by RTT and data streams", s.heatmaps()
	case "cwnd":
		title, pictures = "Rate and congestion windows over time, median trials", s.courses()
	case "cpu":
		title, pictures = "CPU seconds per GB, both ends, at the knee", s.cpu()
	case "phases":
		title, pictures = "Where the time goes, median trials", s.phases()
	default:
		return fmt.Errorf("report: no chart %q; there are %s", name, list(Charts()))
	}
	if len(pictures) == 0 {
		return fmt.Errorf("report: the results have nothing for the chart %q%s", name, needs(name))
	}
	names := slices.Clone(s.Peers)
	title += ": " + strings.Join(names, ", ")
	perRow := 2
	if len(pictures)%3 == 0 {
		perRow = 3
	}
	_, err := io.WriteString(w, chart.File(title, note, pictures, perRow))
	return err
}

// needs is what a chart takes that usual results may lack.
func needs(name string) string {
	if name == "heatmap" {
		return ": it takes paths of two or more RTTs"
	}
	return ""
}
