// Package report tells people what a sweep found: as a table for terminals, a
// page, pictures, and in the formats that other programs read. All of it is
// made from the lines of results files alone (package trial), and text in them
// is not trusted: it was written by other programs.
package report

import (
	"fmt"
	"slices"
	"time"

	"bbftp/bench/stats"
	"bbftp/bench/trial"
)

// sheet is what there is to report, in the order of telling.
type sheet struct {
	Environments []trial.Environment // in the order of the trials
	Sweeps       []string
	Peers        []string
	First, Last  time.Time
	Trials       int // all but warm-ups
	Used         int
	Routes       []route
	Notes        []string // about the files, and what is not there
}

// route is a path with the work done over it, on one machine.
type route struct {
	trial.Route
	Title    string
	Family   string // the title without the RTT
	Machine  string // id of the environment
	Unit     unit
	Limit    float64 // bit/s of goodput that the link can carry; +Inf: unlimited
	Variants []variant
	Pairs    []stats.Pair // ours against each other peer
}

// variant is a peer with everything a user may tune but the streams.
type variant struct {
	Name        string
	Peer        string
	Color, Dash int
	Groups      []stats.Group // by streams
	Knee        int           // streams; 0: none to be named
}

// ours is the peer that all others are compared with.
const ours = "bbftp"

func newSheet(f *trial.File) *sheet {
	s := &sheet{}
	names := newNamer(f.Records)
	byMachine := map[string][]trial.Record{}
	var machines []string
	for _, r := range f.Records {
		if _, known := byMachine[r.Environment]; !known {
			machines = append(machines, r.Environment)
		}
		byMachine[r.Environment] = append(byMachine[r.Environment], r)
		s.count(r)
	}
	for _, id := range machines {
		e := f.Environments[id]
		s.Environments = append(s.Environments, e)
		routes := routesOf(byMachine[id], e.Cores, names)
		for i := range routes {
			routes[i].Machine = id
			if len(machines) > 1 {
				routes[i].Title += ", machine " + clean(id)
			}
		}
		s.Routes = append(s.Routes, routes...)
	}
	s.note(f)
	return s
}

// count takes notice of one trial.
func (s *sheet) count(r trial.Record) {
	if s.First.IsZero() || r.Time.Before(s.First) {
		s.First = r.Time
	}
	if r.Time.After(s.Last) {
		s.Last = r.Time
	}
	if r.Repeat > 0 {
		s.Trials++
	}
	if r.Usable() {
		s.Used++
	}
	if name := clean(r.Sweep); name != "" && !slices.Contains(s.Sweeps, name) {
		s.Sweeps = append(s.Sweeps, name)
	}
	if name := clean(r.Peer); !slices.Contains(s.Peers, name) {
		s.Peers = append(s.Peers, name)
	}
}

// note words what a reader has to know of the files before the figures.
func (s *sheet) note(f *trial.File) {
	add := func(format string, args ...any) { s.Notes = append(s.Notes, fmt.Sprintf(format, args...)) }
	if f.Truncated {
		add("The last line of a results file is cut off, by a kill or a full disk; it was left out. The sweep may not be complete: go on with --resume.")
	}
	if f.Unknown > 0 {
		add("%s of a kind that this release does not know: left out.", plural(f.Unknown, "line"))
	}
	switch {
	case len(f.Records) == 0:
		add("There are no trials in the results: nothing was measured.")
	case s.Used == 0:
		add("No trial can be used: all failed, were warm-ups, or ran over an unfaithful path. The reasons are listed.")
	}
	if len(s.Environments) > 1 {
		add("The trials were run on %d machines or set-ups; each has its own tables, and nothing is compared across them.", len(s.Environments))
	}
}

// routesOf sorts the trials of one machine into routes and variants.
func routesOf(records []trial.Record, cores int, names *namer) []route {
	var routes []route
	var groups [][]stats.Group
	for _, g := range stats.GroupByCell(records) {
		g.Cores = cores
		if len(routes) == 0 || routes[len(routes)-1].Route != g.Route() {
			routes = append(routes, route{
				Route: g.Route(), Title: names.route(g.Route(), true), Family: names.route(g.Route(), false),
				Limit: stats.LinkLimit(g.Rate),
			})
			groups = append(groups, nil)
		}
		last := len(routes) - 1
		routes[last].take(g, names)
		groups[last] = append(groups[last], g)
	}
	for i := range routes {
		routes[i].conclude(groups[i])
	}
	return routes
}

// take puts a cell into its variant, ours first.
func (r *route) take(g stats.Group, names *namer) {
	name := names.variant(g.Cell)
	i := slices.IndexFunc(r.Variants, func(v variant) bool { return v.Name == name })
	if i < 0 {
		v := variant{Name: name, Peer: g.Peer, Color: color(g.Peer), Dash: names.dash(g.Peer, name)}
		i = len(r.Variants)
		r.Variants = append(r.Variants, v)
	}
	r.Variants[i].Groups = append(r.Variants[i].Groups, g)
}

// conclude finds what needs all cells of the route.
func (r *route) conclude(groups []stats.Group) {
	most := 0.0
	for i := range r.Variants {
		v := &r.Variants[i]
		points := map[int]stats.Summary{}
		slices.SortStableFunc(v.Groups, func(a, b stats.Group) int { return a.Streams - b.Streams })
		for _, g := range v.Groups {
			most = max(most, g.Goodput.Max)
			if g.Goodput.N > 0 && !tooSmall(g) {
				points[g.Streams] = g.Goodput
			}
		}
		if streams, ok := stats.Knee(points); ok {
			v.Knee = streams
			for k := range v.Groups {
				v.Groups[k].Enough = enough(v.Groups[k].Goodput, v.Groups[k+1:])
			}
		}
	}
	slices.SortStableFunc(r.Variants, func(a, b variant) int { return a.Color - b.Color })
	r.Unit = unitFor(most)
	r.Pairs = stats.Against(groups, ours)
}

// enough reports whether cells of more streams were measured, none of them
// faster by the knee's 5 %.
func enough(goodput stats.Summary, more []stats.Group) bool {
	measured := false
	for _, g := range more {
		if g.Goodput.N > 0 && !tooSmall(g) {
			measured = true
			if g.Goodput.Median*slowerThan > goodput.Median {
				return false
			}
		}
	}
	return measured
}

// isKnee reports whether g is the variant's knee.
func (v variant) isKnee(g stats.Group) bool { return v.Knee > 0 && g.Streams == v.Knee }

// usedStreams is how many data streams a trial had.
func usedStreams(t trial.Record) int {
	if t.Streams == 0 {
		return max(t.StreamsUsed, 1)
	}
	return t.Streams
}

// chosen is the cell to use: the knee or, where there is none, the fastest.
func (v variant) chosen() (stats.Group, bool) {
	var best stats.Group
	for _, g := range v.Groups {
		if g.Goodput.N == 0 {
			continue
		}
		if g.Streams == v.Knee {
			return g, true
		}
		if best.Goodput.N == 0 || g.Goodput.Median > best.Goodput.Median {
			best = g
		}
	}
	return best, best.Goodput.N > 0
}

// hero is the variant that the conclusions are about: the fastest of ours or,
// without ours, of all.
func (r route) hero() (best variant, ok bool) {
	fastest := -1.0
	mine := false
	for _, v := range r.Variants {
		g, measured := v.chosen()
		if !measured || mine && v.Peer != ours {
			continue
		}
		if v.Peer == ours && !mine || g.Goodput.Median > fastest {
			best, fastest, ok = v, g.Goodput.Median, true
			mine = mine || v.Peer == ours
		}
	}
	return best, ok
}

// medianTrial is the trial whose goodput is nearest to the median: a real
// course, where averages of courses would show what never happened.
func medianTrial(g stats.Group) trial.Record {
	var nearest trial.Record
	distance := -1.0
	for _, r := range g.Records {
		d := r.Goodput - g.Goodput.Median
		if d < 0 {
			d = -d
		}
		if distance < 0 || d < distance {
			nearest, distance = r, d
		}
	}
	return nearest
}
