package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bbftp/bench/trial"
)

// What a scenario may ask for.
const (
	maxRepeats       = 1000
	maxStreams       = 1000
	maxFiles         = 100_000
	maxCells         = 100_000
	maxDelay         = Time(10 * time.Second) // one way, as package wan
	defaultTimeLimit = Time(5 * time.Minute)
	defaultPort      = 5021
)

// Cells are all combinations of the lists, part by part, less those that differ
// in nothing a path or peer has: without a rate there is no queue, off an
// emulated path no RTT, outside bbftp no protocol version. Their order follows
// from the file alone; what a user tunes changes fastest.
func (s Scenario) Cells() ([]trial.Cell, error) {
	parts := s.Parts
	if len(parts) == 0 {
		parts = []Scenario{s}
	}
	var all []trial.Cell
	seen := map[trial.Cell]bool{}
	for _, part := range parts {
		cells := s.cellsOf(part)
		if len(cells) == 0 || len(all)+len(cells) > maxCells {
			return nil, fmt.Errorf("scenario: more than %d cells", maxCells)
		}
		for _, c := range cells {
			if !seen[c] {
				seen[c] = true
				all = append(all, c)
			}
		}
	}
	return all, nil
}

// cellsOf are the combinations of one part; none if they are too many.
func (s Scenario) cellsOf(part Scenario) []trial.Cell {
	p := product{cells: []trial.Cell{{Path: s.Path, Target: s.Target.Host, Duration: time.Duration(part.Duration).Seconds()}}}
	vary(&p, part.Direction, func(c *trial.Cell, v string) { c.Direction = v })
	vary(&p, part.Kind, func(c *trial.Cell, v string) { c.Kind = v })
	vary(&p, part.Storage, func(c *trial.Cell, v string) { c.Storage = v })
	vary(&p, part.Files, func(c *trial.Cell, v int) {
		c.Bytes = int64(part.Size) * int64(v)
		if v > 1 {
			c.Files = v
		}
	})
	if s.Path == trial.Emulated {
		vary(&p, part.Rate, func(c *trial.Cell, v Rate) { c.Rate = int64(v) })
		vary(&p, part.RTT, func(c *trial.Cell, v Time) { c.RTT = time.Duration(v).Seconds() })
		vary(&p, part.Loss, func(c *trial.Cell, v Share) { c.Loss = float64(v) })
		vary(&p, part.Jitter, func(c *trial.Cell, v Time) { c.Jitter = time.Duration(v).Seconds() })
		vary(&p, part.Queue, func(c *trial.Cell, v Queue) { c.Queue = v.Of(c.Rate, c.RoundTrip()) })
		vary(&p, part.Congestion, func(c *trial.Cell, v string) { c.Congestion = v })
	}
	vary(&p, part.Compression, func(c *trial.Cell, v bool) { c.Compressed = v })
	vary(&p, part.Window, func(c *trial.Cell, v Window) { c.Window = int64(v) })
	vary(&p, part.Streams, func(c *trial.Cell, v int) { c.Streams = v })
	vary(&p, part.Peers, func(c *trial.Cell, v string) {
		if c.Peer = v; choosesStreams(v) {
			c.Streams = 0
		}
	})
	vary(&p, part.Version, func(c *trial.Cell, v int) {
		if speaksBBFTP(c.Peer) {
			c.Version = v
		}
	})
	return p.cells
}

// EveryPeer lists the peers of all parts.
func (s Scenario) EveryPeer() []string {
	if len(s.Parts) == 0 {
		return s.Peers
	}
	var all []string
	for _, part := range s.Parts {
		for _, name := range part.Peers {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// Without leaves a peer out, and parts of which it was the only one.
func (s *Scenario) Without(peer string) {
	is := func(name string) bool { return name == peer }
	s.Peers = slices.DeleteFunc(slices.Clone(s.Peers), is)
	for i := range s.Parts {
		s.Parts[i].Peers = slices.DeleteFunc(slices.Clone(s.Parts[i].Peers), is)
	}
	s.Parts = slices.DeleteFunc(s.Parts, func(part Scenario) bool { return len(part.Peers) == 0 })
}

// speaksBBFTP tells the peers that have a protocol version: bbftp of this
// release and the legacy programs, however used.
func speaksBBFTP(peer string) bool {
	name, _, _ := strings.Cut(peer, "-")
	return name == "bbftp" || name == "legacy"
}

// choosesStreams tells the peer that takes as many as it likes.
func choosesStreams(peer string) bool { return peer == "bbftp-auto" }

// product grows by a list at a time; it has no cells once they are too many.
type product struct{ cells []trial.Cell }

func vary[T any](p *product, values []T, set func(*trial.Cell, T)) {
	if len(p.cells)*len(values) > maxCells {
		p.cells = nil
		return
	}
	var all []trial.Cell
	seen := map[trial.Cell]bool{}
	for _, c := range p.cells {
		for _, v := range values {
			next := c
			set(&next, v)
			if !seen[next] {
				seen[next] = true
				all = append(all, next)
			}
		}
	}
	p.cells = all
}
