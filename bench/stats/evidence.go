package stats

import (
	"math"
	"time"

	"bbftp/bench/trial"
)

// evidence is what the records of a group say about its limit: medians over the
// trials. Shares are parts of one, NaN if nothing is known.
type evidence struct {
	trial.Cell
	cores int // of the machine; 0: unknown

	goodput float64 // bit/s, whole trial without stalls
	rate    float64 // bit/s, at speed; goodput if no trial came to speed
	rtt     time.Duration
	used    float64 // of the link's rate, at speed, headers and repeats included

	// Of the trial's time.
	seconds, setup, ramp, tail, stall float64
	stallShare                        float64 // the peer's own waits
	startShare, tailShare             float64 // set-up and ramp, tail; of the time without those waits
	enough                            bool    // more streams are known to bring nothing

	// Of the time that the senders had data under way.
	receiver, sendBuffer float64
	busy                 float64 // of the connections' time

	// Cores in use while payload moved.
	client, server, emulator float64

	retransmits float64 // segments in a trial
	lost        float64 // of the packets, whatever lost them
	dropped     float64 // packets in a trial, by the full queue
}

// gather reads the records of a group, which has some.
func gather(g Group) evidence {
	e := evidence{Cell: g.Cell, cores: g.Cores, goodput: g.NoStall.Median, enough: g.Enough}
	if e.Streams == 0 { // the program chose, and said how many
		chosen := g.median(func(r trial.Record) float64 { return known(float64(r.StreamsUsed)) })
		if e.Streams = 1; chosen >= 1 {
			e.Streams = int(chosen)
		}
	}
	e.rate = e.goodput
	if g.Steady.N > 0 {
		e.rate = g.Steady.Median
	}
	of := func(figure func(trial.Record) float64) float64 { return g.median(figure) }

	e.seconds = of(func(r trial.Record) float64 { return r.Seconds })
	e.setup = of(func(r trial.Record) float64 { return max(r.Setup-r.Stall, 0) })
	e.ramp = of(func(r trial.Record) float64 { return r.Ramp })
	e.tail = of(func(r trial.Record) float64 { return r.Tail })
	e.stall = of(func(r trial.Record) float64 { return r.Stall })
	e.stallShare = of(func(r trial.Record) float64 { return part(r.Stall, r.Seconds) })
	e.startShare = of(func(r trial.Record) float64 {
		return part(max(r.Setup-r.Stall, 0)+r.Ramp, r.Seconds-r.Stall)
	})
	e.tailShare = of(func(r trial.Record) float64 {
		if momentary(r) {
			return math.NaN()
		}
		return part(r.Tail, r.Seconds-r.Stall)
	})

	e.receiver = of(func(r trial.Record) float64 {
		return limited(r, func(s trial.Series) []float64 { return s.RwndLimited })
	})
	e.sendBuffer = of(func(r trial.Record) float64 {
		return limited(r, func(s trial.Series) []float64 { return s.SndbufLimited })
	})
	e.busy = of(busy)
	e.client = of(func(r trial.Record) float64 { return part(r.ClientCPU, moving(r)) })
	e.server = of(func(r trial.Record) float64 { return part(r.ServerCPU, moving(r)) })
	e.emulator = of(func(r trial.Record) float64 { return part(r.EmulatorCPU, moving(r)) })

	e.retransmits = of(func(r trial.Record) float64 { return float64(r.Retransmits) })
	e.lost = of(lossOf)
	e.dropped = of(func(r trial.Record) float64 { return float64(r.LostQueue) })
	e.rtt = RoundTrip(g)
	if g.Rate > 0 {
		e.used = e.rate * of(wirePerByte) / float64(g.Rate)
	} else {
		e.used = math.NaN()
	}
	return e
}

// median of a figure over the records that have it; NaN if none has.
func (g *Group) median(figure func(trial.Record) float64) float64 {
	s := Summarize(g.samples(figure))
	if s.N == 0 {
		return math.NaN()
	}
	return s.Median
}

// RoundTrip is the RTT of a group's path: that of the cell, or of a path that
// was not emulated the least that any connection of its trials saw. 0: unknown.
func RoundTrip(g Group) time.Duration {
	if g.RTT > 0 {
		return g.RoundTrip()
	}
	least := math.Inf(1)
	for _, r := range g.Records {
		for _, s := range r.Series {
			for _, rtt := range s.RTT {
				if rtt > 0 {
					least = min(least, rtt)
				}
			}
		}
	}
	// An hour is more than any path has, and fits a Duration.
	if least > time.Hour.Seconds() {
		return 0
	}
	return time.Duration(least * float64(time.Second))
}

// part is a/b, NaN where that is no share.
func part(a, b float64) float64 {
	if b > 0 && a >= 0 {
		return a / b
	}
	return math.NaN()
}

// moving is the time of a trial in which programs had work: without set-up and
// its stalls, in which they wait.
func moving(r trial.Record) float64 {
	if m := r.Seconds - r.Setup; m > 0 {
		return m
	}
	return r.Seconds
}

// leastBusy is the time in s below which a connection's shares are noise.
const leastBusy = 1e-3

// limited is the part of all streams' busy time that a column counts.
func limited(r trial.Record, column func(trial.Series) []float64) float64 {
	var part, whole float64
	for _, s := range r.Series {
		part += last(column(s))
		whole += last(s.Busy)
	}
	if whole < leastBusy || part < 0 {
		return math.NaN()
	}
	return min(part/whole, 1)
}

// busy is the part of the streams' time in which they had data under way. A
// sender whose disk or program is slow has little.
func busy(r trial.Record) float64 {
	var part, whole float64
	for _, s := range r.Series {
		if n := len(s.Time); n > 1 {
			part += last(s.Busy)
			whole += s.Time[n-1] - s.Time[0]
		}
	}
	if whole < leastBusy || part < 0 {
		return math.NaN()
	}
	return min(part/whole, 1)
}

func last(column []float64) float64 {
	if len(column) == 0 {
		return 0
	}
	return column[len(column)-1]
}

// lossOf is the part of the packets that were lost: counted by the link, or
// guessed from the retransmits where no link was ours to count.
func lossOf(r trial.Record) float64 {
	if r.PacketsIn > 0 {
		return part(float64(r.LostRandom+r.LostQueue+r.LostRefused), float64(r.PacketsIn))
	}
	return part(float64(r.Retransmits), float64(r.Bytes)/MSS)
}

// wirePerByte is the bytes that the link carried for one of payload.
func wirePerByte(r trial.Record) float64 {
	switch {
	case r.Bytes <= 0:
		return math.NaN()
	case r.BytesOut > 0:
		return float64(r.BytesOut) / float64(r.Bytes)
	case r.SenderBlocks > 0:
		return float64(r.SenderBlocks) / float64(r.Bytes) * MTU / MSS
	}
	return float64(MTU) / MSS
}
