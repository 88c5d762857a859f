package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bbftp/bench/stats"
	"bbftp/bench/trial"
)

// palette gives each peer its colour in all pictures (chart.Style). Those not
// named here share the last.
var palette = map[string]int{
	"bbftp": 0, "legacy": 1, "legacy-tuned": 2, "iperf3": 3, "scp": 4, "rsync": 5, "curl": 6,
}

const otherColor = 7

func color(peer string) int {
	if c, ok := palette[peer]; ok {
		return c
	}
	return otherColor
}

// namer words what tells cells apart, leaving out what all cells of a peer
// have in common.
type namer struct {
	peers map[string]*choices
	kinds map[string]bool
	queue map[int64]bool
}

// choices are the values that the cells of a peer have.
type choices struct {
	windows    map[int64]bool
	compressed map[bool]bool
	sizes      map[[2]float64]bool // bytes and duration
	names      []string            // of its variants, in order: their dashes
}

func newNamer(records []trial.Record) *namer {
	n := &namer{map[string]*choices{}, map[string]bool{}, map[int64]bool{}}
	cells := make([]trial.Cell, len(records))
	for i, r := range records {
		cells[i] = r.Cell
		c := n.peers[r.Peer]
		if c == nil {
			c = &choices{map[int64]bool{}, map[bool]bool{}, map[[2]float64]bool{}, nil}
			n.peers[r.Peer] = c
		}
		c.windows[r.Window] = true
		c.compressed[r.Compressed] = true
		c.sizes[asked(r.Cell)] = true
		n.kinds[r.Kind] = true
		n.queue[r.Queue] = true
	}
	slices.SortStableFunc(cells, func(a, b trial.Cell) int {
		return cmp.Or(cmp.Compare(a.Version, b.Version), cmp.Compare(a.Window, b.Window))
	})
	for _, cell := range cells {
		c := n.peers[cell.Peer]
		if name := n.variant(cell); !slices.Contains(c.names, name) {
			c.names = append(c.names, name)
		}
	}
	return n
}

// asked is the work of a trial. With a duration the size follows from it.
func asked(c trial.Cell) [2]float64 {
	if c.Duration > 0 {
		return [2]float64{0, c.Duration}
	}
	return [2]float64{float64(c.Bytes), 0}
}

// variant names a peer with what a user may tune besides the streams.
func (n *namer) variant(c trial.Cell) string {
	name := clean(c.Peer)
	if c.Version > 0 {
		name += fmt.Sprintf(" V%d", c.Version)
	}
	choice := n.peers[c.Peer]
	if len(choice.compressed) > 1 && c.Compressed {
		name += " zlib"
	}
	if len(choice.windows) > 1 {
		if c.Window == 0 {
			name += " auto"
		} else {
			name += " " + stats.FormatBytes(c.Window)
		}
	}
	if len(choice.sizes) > 1 {
		if c.Duration > 0 {
			name += " " + seconds(c.Duration)
		} else {
			noun := " file "
			if c.Files > 1 { // Bytes are those of all
				noun = " files "
			}
			name += noun + stats.FormatBytes(c.Bytes)
		}
	}
	return name
}

// dash tells the variants of a peer, which share a colour, apart.
func (n *namer) dash(peer, variant string) int {
	return slices.Index(n.peers[peer].names, variant)
}

// route names a route: the path, with its RTT or without, then the work.
func (n *namer) route(r trial.Route, withRTT bool) string {
	var words []string
	switch r.Path {
	case trial.Network:
		words = append(words, "to "+cmp.Or(clean(r.Target), "an unnamed host"))
	case trial.Loopback:
		words = append(words, "loopback")
	default:
		if r.Rate > 0 {
			words = append(words, rate(r.Rate))
		} else {
			words = append(words, "unlimited rate")
		}
		if withRTT {
			words = append(words, "RTT "+seconds(r.RTT))
		}
		if r.Jitter > 0 {
			words = append(words, "jitter "+seconds(r.Jitter))
		}
		if r.Loss > 0 {
			words = append(words, "loss "+stats.FormatShare(r.Loss))
		} else {
			words = append(words, "no loss")
		}
		if len(n.queue) > 1 {
			if r.Queue > 0 {
				words = append(words, "queue "+stats.FormatBytes(r.Queue))
			} else {
				words = append(words, "queue 1 BDP")
			}
		}
	}
	if r.Congestion != "" {
		words = append(words, clean(r.Congestion))
	}
	words = append(words, r.Direction)
	if len(n.kinds) > 1 {
		words = append(words, clean(r.Kind))
	}
	if r.Files > 0 {
		words = append(words, plural(r.Files, "file"))
	}
	if r.Storage != "" {
		words = append(words, clean(r.Storage))
	}
	return strings.Join(words, ", ")
}

// rate is a nominal rate, round as it was given: "1 Gbit/s", "622 Mbit/s".
func rate(bps int64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1e9, "Gbit/s"}, {1e6, "Mbit/s"}, {1e3, "kbit/s"}} {
		if float64(bps) >= u.size {
			return short(float64(bps)/u.size) + " " + u.name
		}
	}
	return strconv.FormatInt(bps, 10) + " bit/s"
}
