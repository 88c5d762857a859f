package observe

import (
	"math"
	"time"

	"bbftp/bench/trial"
)

// Phases are the parts of a transfer; Setup + Ramp + Steady + Tail is the
// whole. With B(t) for the bytes that had arrived at time t:
//
//	B  │                        ┌──── last words, close
//	   │                   ___──┘
//	   │              __──¯     a slow stream
//	   │            ╱
//	   │          ╱  at speed
//	   │        ╱
//	   │  ___.-´ slow start
//	   └─┴────┴──────────┴───────────┴── t
//	Setup Ramp   Steady      Tail
//
// The speed is the rate of the densest part of the curve that has half of the
// bytes and is a round trip long at least. Steady is the interval in which the
// transfer gains most on three quarters of that speed: the [a, b] with the
// largest B(b) − B(a) − ¾·speed·(b − a). Slow start and the tail fall behind
// that rate, and the sawtooth of a congestion window gains on it over its
// periods. An interval shorter than a round trip is a burst of slow start, not
// speed: then Steady is 0 and Ramp goes on to the last burst.
type Phases struct {
	// Setup ends right before the first burst that is payload: 4 KiB, or half
	// of what comes at speed if that is less, within 20 ms. Conversations
	// before it have smaller ones.
	Setup time.Duration
	// Ramp, Steady and Tail are before, at and after speed. Tail includes the
	// end of the programs.
	Ramp, Steady, Tail time.Duration
	// Stall is the longest silence within Setup if it is longer than 4 round
	// trips and 0.5 s, less one round trip; else 0. So long wait only peers
	// that lost a signal (1 s or 20 s, wire.md 5) and paths that lost the
	// first packet of a connection (1 s and more, RFC 6298).
	Stall time.Duration
	// Rate is the payload in bit/s during Steady; 0 if there is none.
	Rate float64
}

const (
	burst       = 4 << 10
	burstTime   = 0.020 // seconds
	gaining     = 0.75  // of the speed
	leastStall  = 0.5   // seconds
	stallRounds = 4     // round trips
)

// Split finds the phases of a transfer that lasted from began to ended, on the
// clock of p, and moved so many bytes of payload. p may count other bytes than
// these: headers of packets, compressed data. rtt is the path's round-trip
// time, 0 if it is negligible. Times are as good as the distance of the points
// of p. Where p says nothing, all of a transfer of some bytes is Steady, and
// of none Setup.
func Split(p trial.Progress, began, ended time.Duration, bytes int64, rtt time.Duration) Phases {
	ended = max(began, ended)
	c := newCurve(p, began.Seconds(), ended.Seconds())
	total := c.total()
	switch {
	case bytes <= 0:
		return Phases{Setup: ended - began}
	case total <= 0:
		return unobserved(ended-began, bytes)
	}
	onset := c.onset()
	a, b := c.steady(onset, rtt.Seconds())
	result := Phases{Stall: c.stall(onset, rtt.Seconds())}
	start, speedUp, speedDown := c.moment(onset), c.moment(a), c.moment(b)
	if onset == 0 {
		start = began
	}
	if a == onset {
		speedUp = start
	}
	start = min(max(start, began), ended)
	speedUp = min(max(speedUp, start), ended)
	speedDown = min(max(speedDown, speedUp), ended)
	result.Setup, result.Tail = start-began, ended-speedDown
	if steady := speedDown - speedUp; c.shortest(a, b, rtt.Seconds()) {
		result.Ramp = speedDown - start
	} else {
		result.Ramp, result.Steady = speedUp-start, steady
		payload := float64(c.bytes[b]-c.bytes[a]) * float64(bytes) / float64(total)
		result.Rate = payload * 8 / steady.Seconds()
	}
	return result
}

func unobserved(whole time.Duration, bytes int64) Phases {
	result := Phases{Steady: whole}
	if whole > 0 {
		result.Rate = float64(bytes) * 8 / whole.Seconds()
	}
	return result
}

// curve is B(t) by points, times rising, with one at the begin and one at the
// end of the transfer.
type curve struct {
	time  []float64
	bytes []int64
}

func newCurve(p trial.Progress, began, ended float64) curve {
	var c curve
	var level int64
	n := min(len(p.Time), len(p.Bytes))
	i := 0
	for ; i < n && p.Time[i] <= began; i++ {
		level = p.Bytes[i]
	}
	c.add(began, level)
	for ; i < n && p.Time[i] < ended; i++ {
		c.add(p.Time[i], p.Bytes[i])
	}
	if i < n { // the first count after the end has the last bytes
		c.add(ended, p.Bytes[i])
	} else {
		c.add(ended, c.bytes[len(c.bytes)-1])
	}
	return c
}

// add keeps time and bytes from falling.
func (c *curve) add(at float64, bytes int64) {
	if n := len(c.time); n > 0 {
		at, bytes = max(at, c.time[n-1]), max(bytes, c.bytes[n-1])
	}
	c.time, c.bytes = append(c.time, at), append(c.bytes, bytes)
}

func (c curve) last() int    { return len(c.time) - 1 }
func (c curve) total() int64 { return c.bytes[c.last()] - c.bytes[0] }

func (c curve) moment(i int) time.Duration {
	return time.Duration(math.Round(c.time[i] * float64(time.Second)))
}

// reached is the first point at which a share of the bytes has come.
func (c curve) reached(share float64) int {
	want := c.bytes[0] + int64(share*float64(c.total()))
	i := 0
	for c.bytes[i] < want {
		i++
	}
	return i
}

// onset is the point before the first burst.
func (c curve) onset() int {
	need := min(float64(burst), float64(c.total())/2)
	if took := c.time[c.reached(0.9)] - c.time[c.reached(0.1)]; took > 0 {
		need = min(need, 0.8*float64(c.total())/took*burstTime/2)
	}
	end := 0
	for i := range c.last() {
		end = max(end, i+1)
		for end < c.last() && c.time[end+1] <= c.time[i]+burstTime {
			end++
		}
		// The first of the points of the window at which something came.
		if float64(c.bytes[end]-c.bytes[i]) >= need && c.bytes[i+1] > c.bytes[i] {
			return i
		}
	}
	return 0
}

// stall is the longest time without any byte before a point, if the round-trip
// time does not explain it.
func (c curve) stall(onset int, rtt float64) time.Duration {
	longest, since := 0.0, 0
	for i := 1; i <= onset; i++ {
		if c.bytes[i] > c.bytes[i-1] {
			since = i
		}
		longest = max(longest, c.time[i]-c.time[since])
	}
	if longest <= max(leastStall, stallRounds*rtt) {
		return 0
	}
	return time.Duration((longest - rtt) * float64(time.Second))
}

// speed is the rate in bytes/s of the densest part from a point on that has
// half of the bytes and takes a round trip.
func (c curve) speed(from int, rtt float64) float64 {
	half := (c.bytes[c.last()] - c.bytes[from] + 1) / 2
	best := 0.0
	for i, j := from, from; j <= c.last(); j++ {
		for i+1 < j && c.bytes[j]-c.bytes[i+1] >= half && c.time[j]-c.time[i+1] >= rtt {
			i++
		}
		took := c.time[j] - c.time[i]
		if took > 0 && took >= rtt && c.bytes[j]-c.bytes[i] >= half {
			best = max(best, float64(c.bytes[j]-c.bytes[i])/took)
		}
	}
	return best
}

// steady is the interval in which the transfer gains most on the speed.
func (c curve) steady(from int, rtt float64) (a, b int) {
	pace := gaining * c.speed(from, rtt)
	gain := func(i, j int) float64 { return float64(c.bytes[j]-c.bytes[i]) - pace*(c.time[j]-c.time[i]) }
	a, b = from, from
	for i, j := from, from+1; j <= c.last(); j++ {
		if gain(i, j) > gain(a, b) {
			a, b = i, j
		}
		if gain(i, j) < 0 {
			i = j // nothing gained since i: a better interval starts here
		}
	}
	return a, b
}

// shortest reports whether an interval is too short to be called speed.
func (c curve) shortest(a, b int, rtt float64) bool {
	took := c.time[b] - c.time[a]
	return took <= 0 || took < rtt
}
