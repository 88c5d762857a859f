package telemetry

import (
	"fmt"
	"time"
)

// As in verdict.go: conventions.
const (
	windowUsed  = 0.75 // of the window, in flight on average
	windowMore  = 2.00 // of what is in flight, in a congestion window that something else keeps from use
	windowKept  = 0.50 // of the largest window, on average: a slow receiver lets it shrink
	heldBack    = 0.30 // of the time with data under way, by a buffer
	heldAtAll   = 0.10 // of it, without which no window was full
	idleMost    = 0.50 // of the wait for the connection, with nothing under way
	rampMost    = 0.50 // of the transfer, before half of its rate was reached
	fewTrips    = 8    // round trips, in which a window can't have grown
	manyTrips   = 60   // round trips, after which slow start is not what counts
	queueGrown  = 1.25 // times the least round-trip time: packets stood in a queue
	mathisReach = 3.0  // the most that the loss model may exceed what it explains
	lossHeavy   = 0.05 // of the segments, too much for any congestion control
	accounted   = 0.90 // of the bytes, of which TCP_INFO has to tell
)

// leastQueue is the delay below which a queue can't be told from noise, and
// leastTrip a round trip that slow start takes no time over.
const (
	leastQueue = time.Millisecond
	leastTrip  = time.Millisecond
)

// network: streams waited for their connections.
func network(r Report, t parts) Verdict {
	s := sum(r)
	if r.Loopback && r.starved() {
		return processors(r, t, t.network+t.work)
	}
	if v, ok := unaccounted(r, t, s); ok {
		return v
	}
	causes := []func(Report, parts, streams) (Verdict, bool){startUp, windowOffered}
	if r.Sending {
		causes = []func(Report, parts, streams) (Verdict, bool){startUp, nothingUnderWay, windowFull, bufferFull, lossHolds}
	}
	for _, cause := range causes {
		if v, ok := cause(r, t, s); ok {
			return v
		}
	}
	switch {
	case !r.Sending:
		return silence(r, t, s)
	case r.Loopback:
		return Verdict{
			Limit: Peer, Share: t.network,
			Reason: fmt.Sprintf("no link is between two programs of one machine; the receiver took no more than %s", rate(r.wireRate())),
		}
	}
	return linkHolds(r, t, s)
}

// unaccounted: TCP_INFO does not tell of all that passed. No system but Linux has
// it, and of Multipath TCP it tells of the first path only.
func unaccounted(r Report, t parts, s streams) (Verdict, bool) {
	passed := r.Payload
	if r.BlockBytes > 0 {
		passed = r.BlockBytes
	}
	if s.samples > 0 && float64(s.passed) >= accounted*float64(passed) {
		return Verdict{}, false
	}
	return Verdict{
		Limit: PeerOrPath, Share: t.network,
		Reason: fmt.Sprintf("waited for the connections %s of the time, of which this system does not tell enough", share(t.network)),
	}, true
}

// startUp: slow start took most of the time.
func startUp(r Report, t parts, s streams) (Verdict, bool) {
	if s.minRTT < leastTrip {
		return Verdict{}, false
	}
	trips := r.Elapsed.Seconds() / s.minRTT.Seconds()
	ramp := r.Ramp.Seconds() / r.Elapsed.Seconds()
	if trips > fewTrips && (ramp < rampMost || trips > manyTrips) {
		return Verdict{}, false
	}
	v := Verdict{
		Limit: StartUp, Share: t.network,
		Reason: fmt.Sprintf("over after %.0f round trips of %s, before the windows had grown", trips, span(s.minRTT)),
	}
	if ramp >= rampMost {
		v.Share = min(ramp, 1)
	}
	if n := len(r.Streams); n <= mostStreams/2 {
		v.Advice = fmt.Sprintf("--streams %d", min(4*n, mostStreams))
	}
	return v, true
}

// mostStreams is what servers grant without being asked for more.
const mostStreams = 25

// nothingUnderWay: all that was sent was acknowledged, and the peer's last word
// did not come.
func nothingUnderWay(_ Report, t parts, s streams) (Verdict, bool) {
	silent := t.network - t.of(s.busy)
	if silent <= 0 || silent < idleMost*t.network {
		return Verdict{}, false
	}
	return Verdict{
		Limit: Peer, Share: silent,
		Reason: "all data had arrived, and the receiver had yet to confirm them",
	}, true
}

// lossHolds: losses without a queue, and no more than what they leave.
func lossHolds(r Report, t parts, s streams) (Verdict, bool) {
	_, queue := s.queued()
	p := s.lost()
	heavy := p >= lossHeavy
	kept := !s.bbr && s.mathis > 0 && s.mathis <= mathisReach*float64(r.wireRate())
	if p == 0 || queue || !heavy && !kept {
		return Verdict{}, false
	}
	v := Verdict{
		Limit: Loss, Share: t.free(s),
		Reason: fmt.Sprintf("%d of %d segments were sent again (%s) over %s; %s brought %s",
			s.again, s.sent, share(p), span(s.rtt), s.congestion, rate(r.wireRate())),
	}
	if !s.bbr {
		v.Advice = takeBBR
	}
	return v, true
}

// linkHolds: congestion control let no more out.
func linkHolds(r Report, t parts, s streams) Verdict {
	v := Verdict{Limit: Link, Share: t.free(s)}
	switch queue, ok := s.queued(); {
	case ok:
		v.Reason = fmt.Sprintf("the path took %s, and packets stood in its queue for %s", rate(r.wireRate()), span(queue))
	case s.bbr || s.again > 0:
		v.Reason = fmt.Sprintf("the path took %s by %s, %s sent again", rate(r.wireRate()), s.congestion, count(int(s.again), "segment"))
	default:
		v.Reason = fmt.Sprintf("%s had its windows at %s, without loss or queue", s.congestion, rate(r.wireRate()))
		v.Advice = takeBBR
	}
	return v
}

// takeBBR is for the side that sends: both programs have the option.
const takeBBR = "--congestion bbr"

// free is the share of the time in which data were under way and no buffer held
// the streams back.
func (t parts) free(s streams) float64 { return t.of(s.busy - s.received - s.buffered) }

// silence: a receiver knows only that nothing more came.
func silence(r Report, t parts, s streams) Verdict {
	v := Verdict{
		Limit: PeerOrPath, Share: t.network,
		Reason: fmt.Sprintf("waited for data %s of the time, with room for more", share(t.network)),
	}
	if s.late > 0 {
		v.Reason += fmt.Sprintf("; %d of %s came after a gap, as after losses", s.late, count(int(s.came), "segment"))
	}
	return v
}
