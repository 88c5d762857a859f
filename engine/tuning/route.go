package tuning

import (
	"math"
	"time"

	"bbftp/engine/client"
)

// route is what is known of one path.
type route struct {
	Seen time.Time `json:"seen"`
	// RTT is the least round-trip time of the last file, in milliseconds; 0 if
	// it was not known.
	RTT float64 `json:"rtt_ms,omitempty"`
	// Last is the size class of the last file.
	Last int `json:"last"`
	// Sizes are by class.
	Sizes map[int]*experience `json:"sizes"`
}

// class of a size: files of one class have at most double the size of each
// other, and are compared.
func class(size int64) int { return int(math.Log2(float64(max(size, 1)))) }

// middle of a class, in bytes.
func middle(class int) float64 { return math.Exp2(float64(class) + 0.5) }

func (r *route) learn(done *client.Transfer, rtt time.Duration, h direction) {
	r.Last = class(done.Bytes)
	if r.Sizes == nil {
		r.Sizes = make(map[int]*experience)
	}
	e := r.Sizes[r.Last]
	if e == nil {
		e = &experience{Counts: make(map[int]*trial)}
		r.Sizes[r.Last] = e
	}
	// Only what lies beyond slow start grows with the size.
	const rounds = 8
	start := min(rounds*rtt, done.Duration/2)
	rest := float64(done.Duration-start) * middle(r.Last) / float64(done.Bytes)
	e.learn(done.Streams, middle(r.Last)/(start.Seconds()+rest/float64(time.Second)), h)
}

// like is the experience with files nearest in size, nil if there is none; of a
// size that is not known, with the last file. Files far smaller or larger are
// another matter.
func (r *route) like(size int64) *experience {
	if r == nil {
		return nil
	}
	if size < 0 {
		return r.Sizes[r.Last]
	}
	const far = 3 // eight times
	c := class(size)
	for d := range far {
		for _, near := range []int{c + d, c - d} {
			if e := r.Sizes[near]; e != nil {
				return e
			}
		}
	}
	return nil
}

// rate is the highest that was reached, in bytes per second; 0 if none is known.
func (r *route) rate() (highest float64) {
	if r == nil {
		return 0
	}
	for _, e := range r.Sizes {
		for _, t := range e.Counts {
			highest = max(highest, t.Rate)
		}
	}
	return highest
}

func (r *route) rtt() time.Duration {
	return time.Duration(r.RTT * float64(time.Millisecond))
}

// moved tells whether the path is not the one it was: its round-trip time more
// than doubled or halved. Below a millisecond that is chance.
func (r *route) moved(rtt time.Duration) bool {
	now, then := milliseconds(rtt), r.RTT
	if now == 0 || then == 0 {
		return false
	}
	now, then = max(now, 1), max(then, 1)
	return now > 2*then || then > 2*now
}
