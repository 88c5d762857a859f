package scenario

import (
	"fmt"
	"strings"
	"time"

	"bbftp/bench/trial"
)

// What a scenario may ask for.
const (
	maxRepeats       = 1000
	maxStreams       = 1000
	maxCells         = 100_000
	maxDelay         = Time(10 * time.Second) // one way, as package wan
	defaultTimeLimit = Time(5 * time.Minute)
	defaultPort      = 5021
)

// Cells are all combinations of the lists, less those that differ in nothing a
// path or peer has: without a rate there is no queue, off an emulated path no
// RTT, outside bbftp no protocol version. Their order follows from the file
// alone; what a user tunes changes fastest.
func (s Scenario) Cells() ([]trial.Cell, error) {
	p := product{cells: []trial.Cell{{Path: s.Path, Target: s.Target.Host, Bytes: int64(s.Size), Duration: time.Duration(s.Duration).Seconds()}}}
	vary(&p, s.Direction, func(c *trial.Cell, v string) { c.Direction = v })
	vary(&p, s.Kind, func(c *trial.Cell, v string) { c.Kind = v })
	if s.Path == trial.Emulated {
		vary(&p, s.Rate, func(c *trial.Cell, v Rate) { c.Rate = int64(v) })
		vary(&p, s.RTT, func(c *trial.Cell, v Time) { c.RTT = time.Duration(v).Seconds() })
		vary(&p, s.Loss, func(c *trial.Cell, v Share) { c.Loss = float64(v) })
		vary(&p, s.Jitter, func(c *trial.Cell, v Time) { c.Jitter = time.Duration(v).Seconds() })
		vary(&p, s.Queue, func(c *trial.Cell, v Queue) { c.Queue = v.Of(c.Rate, c.RoundTrip()) })
		vary(&p, s.Congestion, func(c *trial.Cell, v string) { c.Congestion = v })
	}
	vary(&p, s.Compression, func(c *trial.Cell, v bool) { c.Compressed = v })
	vary(&p, s.Window, func(c *trial.Cell, v Window) { c.Window = int64(v) })
	vary(&p, s.Streams, func(c *trial.Cell, v int) { c.Streams = v })
	vary(&p, s.Peers, func(c *trial.Cell, v string) { c.Peer = v })
	vary(&p, s.Version, func(c *trial.Cell, v int) {
		if speaksBBFTP(c.Peer) {
			c.Version = v
		}
	})
	if len(p.cells) == 0 {
		return nil, fmt.Errorf("scenario: more than %d cells", maxCells)
	}
	return p.cells, nil
}

// speaksBBFTP tells the peers that have a protocol version: bbftp of this
// release and the legacy programs, however tuned.
func speaksBBFTP(peer string) bool {
	return peer == "bbftp" || peer == "legacy" || strings.HasPrefix(peer, "legacy-")
}

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
