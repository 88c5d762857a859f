package observe

import "bbftp/bench/trial"

// course collects a cumulative count over time: every change of it, and the
// moments right before and after a pause. When it is full, half of its points
// go and it takes only every second from then on, and so on.
type course struct {
	points []point
	every  int // takes one of so many calls
	calls  int
	last   point // the latest call's, taken or not
}

type point struct {
	at    float64 // seconds
	bytes int64
}

func (c *course) add(at float64, bytes int64) {
	c.last = point{rounded(at), bytes}
	c.calls++
	if c.every > 1 && c.calls%c.every != 0 {
		return
	}
	if len(c.points) == maxTicks {
		c.points = thin(c.points)
		c.every = max(1, c.every) * 2
	}
	c.take(c.last)
}

// take lengthens a pause instead of adding one more point to it.
func (c *course) take(p point) {
	if n := len(c.points); n >= 2 && c.points[n-1].bytes == p.bytes && c.points[n-2].bytes == p.bytes {
		c.points[n-1].at = p.at
		return
	}
	c.points = append(c.points, p)
}

func (c *course) progress() trial.Progress {
	var p trial.Progress
	if n := len(c.points); n > 0 && c.points[n-1] != c.last {
		c.take(c.last)
	}
	for _, point := range c.points {
		p.Time = append(p.Time, point.at)
		p.Bytes = append(p.Bytes, point.bytes)
	}
	return p
}
