package telemetry

import (
	"math"
	"strings"
	"time"
)

// streams is what the connections of a transfer had in common: sums, and means
// over the streams.
type streams struct {
	busy, received, buffered time.Duration // as in Stream
	rtt, minRTT              time.Duration
	trip                     time.Duration // of the two, what the data took
	inFlight                 float64       // bytes, by rate and round-trip time
	cwnd                     float64       // bytes, at the end
	window, kept, offered    float64       // bytes: largest and mean of the peer's, largest of ours
	sent, again              int64         // segments
	came, late               int64         // segments received, of them after a gap
	passed                   int64         // bytes
	mathis                   float64       // bytes/s that the losses leave
	bbr                      bool
	congestion               string
	samples                  int
}

func sum(r Report) streams {
	var all streams
	n := time.Duration(len(r.Streams))
	for _, s := range r.Streams {
		all.busy += s.Busy
		all.received += s.RecvLimited
		all.buffered += s.BufferLimited
		all.rtt += s.RTT / n
		all.minRTT += s.MinRTT / n
		all.cwnd += float64(s.Cwnd)
		all.window += float64(s.SendWindow)
		all.kept += float64(s.MeanSendWindow)
		all.offered += float64(s.RecvWindow)
		all.sent += s.SegmentsSent
		all.again += s.Retransmits
		all.came += s.SegmentsReceived
		all.late += s.OutOfOrder
		all.passed += s.Bytes
		all.congestion = s.Congestion
		all.samples += s.Samples
	}
	all.trip = all.rtt
	if !r.Sending {
		// A receiver has it of the handshake, and of what it sent itself.
		all.trip = all.minRTT
	}
	all.inFlight = float64(max(r.Steady, r.wireRate())) * all.trip.Seconds()
	all.bbr = strings.HasPrefix(all.congestion, "bbr")
	for _, s := range r.Streams {
		if lost := all.lost(); lost > 0 && s.RTT > 0 {
			// Mathis et al., 1997: MSS/RTT × √(3/2p).
			all.mathis += float64(s.MSS) / s.RTT.Seconds() * math.Sqrt(1.5/lost)
		}
	}
	return all
}

// lost is the share of segments that were sent again.
func (s streams) lost() float64 {
	if s.sent == 0 {
		return 0
	}
	return float64(s.again) / float64(s.sent)
}

// queued is how much longer than need be packets were on their way.
func (s streams) queued() (time.Duration, bool) {
	queue := s.rtt - s.minRTT
	return queue, queue >= leastQueue && float64(s.rtt) >= queueGrown*float64(s.minRTT)
}
