package telemetry

import (
	"slices"
	"time"
)

// course is how many bytes had passed at what time, in at most coursePoints
// points: when they are full every other one goes, and only every second new one
// is kept.
type course struct {
	points  []point
	stride  int // 0 stands for 1
	skipped int // since the last point
}

type point struct {
	at    time.Duration // since the begin
	bytes int64
}

const coursePoints = 64

func (c *course) add(at time.Duration, bytes int64) {
	c.skipped++
	if c.skipped < c.stride {
		return
	}
	c.skipped = 0
	if len(c.points) == coursePoints {
		kept := c.points[:0]
		for i := 1; i < len(c.points); i += 2 {
			kept = append(kept, c.points[i])
		}
		c.points = kept
		c.stride = max(2*c.stride, 2)
	}
	c.points = append(c.points, point{at, bytes})
}

// speed gives the time before the first interval that had half of the rate of
// the fastest, and the median rate from then on in bytes per second; 0 for both
// if there was no whole interval.
func (c *course) speed() (ramp time.Duration, steady int64) {
	var (
		last  point
		from  []time.Duration
		rates []int64
	)
	for _, p := range c.points {
		// The last one may follow a tick at once, and its rate be chance.
		if d := p.at - last.at; d >= interval/2 {
			from, rates = append(from, last.at), append(rates, perSecond(p.bytes-last.bytes, d))
			last = p
		}
	}
	if len(rates) == 0 {
		return 0, 0
	}
	fast := slices.Max(rates)
	first := slices.IndexFunc(rates, func(r int64) bool { return r >= fast/2 })
	flat := rates[first:]
	slices.Sort(flat)
	return from[first], flat[len(flat)/2]
}
