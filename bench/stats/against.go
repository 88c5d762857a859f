package stats

import (
	"math"
	"slices"

	"bbftp/bench/trial"
)

// Pair is two peers that did the same work on the same route.
type Pair struct {
	Route  trial.Route
	Ours   Group // of the peer that was asked for
	Theirs Group
	// Best pairs the fastest of either side, whatever its streams, window,
	// version and compression. The others are like for like: those but the
	// version are equal.
	Best    bool
	Goodput Comparison // Ours over Theirs: above 1, ours are faster
	NoStall Comparison // the same without the peers' own fixed waits
	CPU     Comparison // CPU seconds per 10^9 bytes: above 1, ours need more
}

// Against pairs the peer named base with every other peer, route by route, for
// files of one size. Groups without usable trials have no pair. The best of a
// peer comes before its like for like pairs, else the order is that of groups.
//
// A peer's version is paired with the same one of the other where both have it,
// else with each.
func Against(groups []Group, base string) []Pair {
	var pairs []Pair
	for _, field := range fields(groups) {
		ours := field.of(base)
		for _, peer := range field.peers() {
			theirs := field.of(peer)
			if peer == base || len(ours) == 0 {
				continue
			}
			pairs = append(pairs, pair(fastest(ours), fastest(theirs), true))
			for _, a := range ours {
				for _, b := range theirs {
					if likeForLike(a, b) && comparableVersions(a, b, ours, theirs) {
						pairs = append(pairs, pair(a, b, false))
					}
				}
			}
		}
	}
	return pairs
}

// CompareCells sets the goodput of a against that of b, without the peers' own
// fixed waits.
func CompareCells(a, b Group) Comparison {
	return Compare(a.samples(goodputWithoutStall), b.samples(goodputWithoutStall))
}

func pair(ours, theirs Group, best bool) Pair {
	return Pair{
		Route: ours.Route(), Ours: ours, Theirs: theirs, Best: best,
		Goodput: Compare(ours.samples(goodput), theirs.samples(goodput)),
		NoStall: CompareCells(ours, theirs),
		CPU:     Compare(ours.samples(cpuPerGB), theirs.samples(cpuPerGB)),
	}
}

// field is the groups whose peers did the same work.
type field []Group

// fields puts the groups that have usable trials together, by route and size.
func fields(groups []Group) []field {
	type work struct {
		trial.Route
		bytes    int64
		duration float64
	}
	at := map[work]int{}
	var all []field
	for _, g := range groups {
		if len(g.Records) == 0 {
			continue
		}
		w := work{g.Route(), g.Bytes, g.Duration}
		i, ok := at[w]
		if !ok {
			i = len(all)
			at[w] = i
			all = append(all, nil)
		}
		all[i] = append(all[i], g)
	}
	return all
}

// of is the groups of one peer.
func (f field) of(peer string) []Group {
	var own []Group
	for _, g := range f {
		if g.Peer == peer {
			own = append(own, g)
		}
	}
	return own
}

// peers are all that took part, in their order.
func (f field) peers() []string {
	var names []string
	for _, g := range f {
		if !slices.Contains(names, g.Peer) {
			names = append(names, g.Peer)
		}
	}
	return names
}

// fastest is the group with the highest median, stalls taken out: it is what a
// user would tune for, and a stall is no part of the tuning.
func fastest(groups []Group) Group {
	best, most := groups[0], math.Inf(-1)
	for _, g := range groups {
		if g.NoStall.Median > most {
			best, most = g, g.NoStall.Median
		}
	}
	return best
}

// likeForLike reports whether only peer and version tell a from b.
func likeForLike(a, b Group) bool {
	return a.Streams == b.Streams && a.Window == b.Window && a.Compressed == b.Compressed
}

// comparableVersions refuses version 1 against version 2 where version 2 has
// its own counterpart, or version 1 has.
func comparableVersions(a, b Group, ours, theirs []Group) bool {
	if a.Version == b.Version {
		return true
	}
	has := func(groups []Group, like Group) bool {
		return slices.ContainsFunc(groups, func(g Group) bool { return likeForLike(g, like) && g.Version == like.Version })
	}
	return !has(theirs, a) && !has(ours, b)
}
